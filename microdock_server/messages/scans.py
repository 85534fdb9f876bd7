"""Causes of failed virus scans in Chinese: the scanner's client states them in English, and stored reviews have
that.
"""

from __future__ import annotations

from typing import Final

# The beginning of the English text → the Chinese one; what follows (a scanner's own words) is kept.
SCANS: Final[dict[str, str]] = {
    "a scanner's address has no query": "扫描器地址不能包含查询、片段、空格或控制字符",
    "a scanner's address is tcp://": "扫描器地址须为 tcp://host:port 或 unix:///path/clamd.sock",
    "a scanner's tcp address needs": "扫描器的 tcp 地址须有主机和 1 到 65535 的端口",
    "a scanner's tcp address is a host": "扫描器的 tcp 地址只能有主机和端口",
    "a scanner's socket needs": "扫描器的套接字须为绝对路径",
    "the path of a scanner's socket": "扫描器套接字的路径过长",
    "the file is larger than the scanner takes": "文件超过扫描器的上限（StreamMaxLength）",
    "the scanner reports an error: ": "扫描器报告错误：",
    "the scanner's answer is not understood: ": "无法理解扫描器的答复：",
    "the scanner answered before": "扫描器在收到整个文件之前就作了答复",
    "the scanner's answer does not end": "扫描器的答复没有结尾",
    "the scanner's answer was cut off": "扫描器的答复中断",
    "the scanner hung up without an answer": "扫描器没有答复就断开了连接",
    "the scanner's answer is followed": "扫描器的答复之后还有其他内容",
    "the file cannot be read": "文件无法读取",
    "the scanner cannot be reached: ": "无法连接扫描器：",
    "the scanner took too long": "扫描器超时",
    "the scan broke off: ": "扫描中断：",
}


def scan_detail(detail: str, language: str) -> str:
    """A failed scan's cause in a language; an unknown one is unchanged."""
    for beginning, chinese in SCANS.items():
        if language == "zh" and detail.startswith(beginning):
            return chinese + (detail.removeprefix(beginning) if beginning.endswith(": ") else "")
    return detail
