"""Texts about replies that reviewers keep, on the admin page."""

from __future__ import annotations

from typing import Final

REVIEW_REPLIES: Final[dict[str, tuple[str, str]]] = {
    "admin.replies.open": ("常用回复…", "Saved replies…"),
    "admin.replies.title": ("常用回复", "Saved replies"),
    "admin.replies.search": ("搜索标题或内容", "Search titles and texts"),
    "admin.replies.hint": (
        "{plugin} 和 {version} 会替换为插件名称和版本。",
        "{plugin} and {version} become the plugin's name and version.",
    ),
    "admin.replies.none": ("还没有常用回复。", "No reply is saved yet."),
    "admin.replies.notFound": ("没有符合条件的常用回复", "No saved reply fits"),
    "admin.replies.sharedBy": ("{name} 共用给所有审核员", "shared with all reviewers by {name}"),
    "admin.replies.insert": ("插入", "Insert"),
    "admin.replies.insertOf": ("插入“{title}”", "Insert {title}"),
    "admin.replies.changeOf": ("编辑“{title}”", "Edit {title}"),
    "admin.replies.delete": ("删除常用回复", "Delete reply"),
    "admin.replies.deleteOf": ("删除“{title}”", "Delete {title}"),
    "admin.replies.askDelete": ("删除常用回复“{title}”？", "Delete the reply {title}?"),
    "admin.replies.new": ("新建常用回复", "New reply"),
    "admin.replies.keepNotes": ("保存当前内容", "Save what is written"),
    "admin.replies.keep": ("保存常用回复", "Save a reply"),
    "admin.replies.change": ("编辑常用回复", "Edit a reply"),
    "admin.replies.titleOf": ("标题", "Title"),
    "admin.replies.text": ("内容", "Text"),
    "admin.replies.share": ("共用给所有审核员", "Share it with all reviewers"),
    "admin.replies.save": ("保存常用回复", "Save reply"),
    "admin.replies.tooLong": (
        "插入后会超过字数上限，请先删去一些内容。",
        "With it the text would be too long: shorten it first.",
    ),
}
