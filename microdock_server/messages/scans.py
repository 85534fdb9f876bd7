"""Causes of failed virus scans. The scanner's client states them in English, and stored reviews have that."""

from __future__ import annotations

import re
import string
from functools import cache
from typing import Final

SCANS: Final[dict[str, tuple[str, str]]] = {
    "scan.address_characters": (
        "扫描器地址不能包含查询、片段、空格或控制字符",
        "a scanner's address has no query, fragment, space or control character",
    ),
    "scan.address_scheme": (
        "扫描器地址须为 tcp://host:port 或 unix:///path/clamd.sock",
        "a scanner's address is tcp://host:port or unix:///path/clamd.sock",
    ),
    "scan.tcp_incomplete": (
        "扫描器的 TCP 地址须有主机和 1 到 65535 的端口：tcp://host:port",
        "a scanner's tcp address needs a host and a port from 1 to 65535: tcp://host:port",
    ),
    "scan.tcp_alone": (
        "扫描器的 TCP 地址只能有主机和端口：tcp://host:port",
        "a scanner's tcp address is a host and a port alone: tcp://host:port",
    ),
    "scan.socket_relative": (
        "扫描器的套接字须为绝对路径：unix:///path/clamd.sock",
        "a scanner's socket needs an absolute path: unix:///path/clamd.sock",
    ),
    "scan.socket_path": (
        "扫描器套接字的路径最长 {bytes} 字节",
        "the path of a scanner's socket has at most {bytes} bytes",
    ),
    "scan.too_large": (
        "文件超过扫描器的上限（StreamMaxLength）",
        "the file is larger than the scanner takes (StreamMaxLength)",
    ),
    "scan.error": ("扫描器报告错误：{said}", "the scanner reports an error: {said}"),
    "scan.not_understood": ("无法理解扫描器的答复：{said}", "the scanner's answer is not understood: {said}"),
    "scan.early": ("扫描器在收到整个文件之前就作了答复", "the scanner answered before it had the whole file"),
    "scan.endless": ("扫描器的答复没有结尾", "the scanner's answer does not end"),
    "scan.cut_off": ("扫描器的答复中断", "the scanner's answer was cut off"),
    "scan.no_answer": ("扫描器没有答复就断开了连接", "the scanner hung up without an answer"),
    "scan.followed": ("扫描器的答复之后还有其他内容", "the scanner's answer is followed by something else"),
    "scan.unreadable": ("文件无法读取", "the file cannot be read"),
    "scan.unreachable": ("无法连接扫描器：{cause}", "the scanner cannot be reached: {cause}"),
    "scan.timeout": ("扫描器超时", "the scanner took too long"),
    "scan.broken_off": ("扫描中断：{cause}", "the scan broke off: {cause}"),
}


def _pattern(template: str) -> re.Pattern[str]:
    parts = string.Formatter().parse(template)
    return re.compile(
        "".join(re.escape(text) + (f"(?P<{name}>.*)" if name else "") for text, name, _, _ in parts), re.DOTALL
    )


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    # Compiled when the first is asked for, not at every start.
    return [(key, _pattern(english)) for key, (_, english) in SCANS.items()]


def recognised(detail: str) -> tuple[str, dict[str, str]] | None:
    """The key of a failed scan's stored cause and what fills its text; None for an unknown one."""
    matches = ((key, pattern.fullmatch(detail)) for key, pattern in _patterns())
    return next(((key, found.groupdict()) for key, found in matches if found), None)
