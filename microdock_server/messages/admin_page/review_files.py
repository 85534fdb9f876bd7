"""Texts about the files that a reviewed version changes, on the admin page."""

from __future__ import annotations

from typing import Final

REVIEW_FILES: Final[dict[str, tuple[str, str]]] = {
    "admin.reviewFiles.title": ("文件更改", "Changed files"),
    "admin.reviewFiles.counts": (
        "新增 {added} 个，移除 {removed} 个，改动 {changed} 个",
        "{added} added, {removed} removed, {changed} changed",
    ),
    "admin.reviewFiles.same": ("文件没有变化", "No file changed"),
    "admin.reviewFiles.more": ("再显示 {count} 个文件", "Show {count} more files"),
    "admin.reviewFiles.fact": ("属性", "Fact"),
    "admin.reviewFiles.before": ("之前", "Before"),
    "admin.reviewFiles.now": ("现在", "Now"),
    "admin.reviewFiles.absent": ("不存在", "not there"),
    "admin.reviewFiles.facts": ("{path} 的属性", "Facts about {path}"),
    "admin.reviewFiles.lines": ("{path} 的逐行更改", "What changed in {path}, line by line"),
    "admin.reviewFiles.size": ("大小", "Size"),
    "admin.reviewFiles.kind": ("类型", "Kind"),
    "admin.reviewFiles.assembly": ("程序集", "Assembly"),
    "admin.reviewFiles.framework": ("目标框架", "Target framework"),
    "admin.reviewFiles.encoding": ("编码", "Encoding"),
    "admin.reviewFiles.endings": ("换行", "Line ends"),
    "admin.reviewFiles.referencesOf": ("{path} 的引用更改", "References of {path}"),
    "admin.reviewFiles.kinds.text": ("文本", "Text"),
    "admin.reviewFiles.kinds.assembly": (".NET 程序集", ".NET assembly"),
    "admin.reviewFiles.kinds.executable": ("可执行程序", "Program"),
    "admin.reviewFiles.kinds.native_library": ("本机库", "Native library"),
    "admin.reviewFiles.kinds.archive": ("压缩包", "Archive"),
    "admin.reviewFiles.kinds.binary": ("二进制数据", "Binary data"),
    "admin.reviewFiles.kinds.unreadable": ("无法读取", "Cannot be read"),
    "admin.reviewFiles.encodings.unknown": ("不是 UTF-8", "not UTF-8"),
    "admin.reviewFiles.lineEnds.none": ("没有换行", "none"),
    "admin.reviewFiles.lineEnds.mixed": ("LF 与 CRLF 混用", "LF and CRLF mixed"),
    "admin.reviewFiles.noLastEnd": ("末行没有换行", "none after the last line"),
    "admin.reviewFiles.hidden": (
        "{count} 个字符不可见，或会改变其他字符的显示顺序",
        "Characters that are not seen, or change the order of others: {count}",
    ),
    "admin.reviewFiles.invalid": ("{count} 个字节不是文本", "Bytes that are no text: {count}"),
    "admin.reviewFiles.marked": (
        "逐行更改中标出了它们的编号。",
        "Their numbers stand in their places among the lines.",
    ),
    "admin.reviewFiles.oldLine": ("原行号", "Old line"),
    "admin.reviewFiles.newLine": ("新行号", "New line"),
    "admin.reviewFiles.mark": ("更改", "Change"),
    "admin.reviewFiles.text": ("内容", "Text"),
    "admin.reviewFiles.unchanged": ("未变", "Unchanged"),
    "admin.reviewFiles.from": ("第 {line} 行起", "From line {line}"),
    "admin.reviewFiles.cut": ("另有 {count} 个字符未显示", "{count} more characters are not shown"),
    "admin.reviewFiles.moreLines": (
        "另有 {count} 行更改未显示；请下载安装包查看。",
        "{count} more changed lines are not shown: download the package to see them.",
    ),
    "admin.reviewFiles.rough": (
        "两个版本差别太大，未逐行对应：整段显示为先删除、后新增。",
        "The two versions have too little in common to match every line: whole parts are shown as replaced.",
    ),
    "admin.reviewFiles.onlyWriting": (
        "每行内容相同，只有编码或换行不同。",
        "All lines are the same; only the encoding or the line ends differ.",
    ),
    "admin.reviewFiles.refused.not_text": (
        "不是文本，不能逐行比较。",
        "It is no text, so there are no lines to compare.",
    ),
    "admin.reviewFiles.refused.too_large": (
        "超过 1 MiB，不逐行比较；请下载安装包查看。",
        "It is larger than 1 MiB, and not compared line by line: download the package to see it.",
    ),
    "admin.reviewFiles.refused.too_many_lines": (
        "超过 50,000 行，不逐行比较；请下载安装包查看。",
        "It has more than 50,000 lines, and is not compared line by line: download the package to see it.",
    ),
    "admin.reviewFiles.refused.unreadable": (
        "安装包中的此文件无法读取。",
        "The file cannot be read from the package.",
    ),
}
