"""Texts about blocks on the admin page."""

from __future__ import annotations

from typing import Final

BLOCKS: Final[dict[str, tuple[str, str]]] = {
    "admin.blocks.create": ("封禁插件", "Block a plugin"),
    "admin.blocks.change": ("修改对 {name} 的封禁", "Change the block of {name}"),
    "admin.blocks.empty": ("没有封禁", "No blocks"),
    "admin.blocks.plugin": ("插件包名", "Package name"),
    "admin.blocks.versions": ("版本范围", "Versions"),
    "admin.blocks.versionsHint": (
        "如 >=1.2.0 <1.4.1；* 为所有版本。只按 SHA-256 封禁时不填。",
        "Such as >=1.2.0 <1.4.1; * is any version. Empty: only the packages below.",
    ),
    "admin.blocks.packages": ("包的 SHA-256，每行一个（可选）", "SHA-256 of packages, one a line (optional)"),
    "admin.blocks.packagesShown": ("包的 SHA-256", "SHA-256 of packages"),
    "admin.blocks.severity": ("宿主应做什么", "What hosts should do"),
    "admin.blocks.severities.warn": ("警告用户", "Warn users"),
    "admin.blocks.severities.disable": ("禁用插件", "Disable the plugin"),
    "admin.blocks.severities.remove": ("移除插件", "Remove the plugin"),
    "admin.blocks.severityHint": (
        "禁用和移除同时拒绝下载。移除可能需要另一位管理员批准，在此之前按禁用处理。",
        "Disable and remove refuse downloads too. Remove may need a second administrator, and counts as disable "
        "until then.",
    ),
    "admin.blocks.reasonZh": ("原因（中文）", "Reason (Chinese)"),
    "admin.blocks.reasonEn": ("原因（英文）", "Reason (English)"),
    "admin.blocks.reasonHint": ("用户会看到，两种语言都要填写。", "Users read this: needed in both languages."),
    "admin.blocks.advisory": ("安全公告网址（可选）", "Address of an advisory (optional)"),
    "admin.blocks.expires": ("失效时间（可选，不填则直到撤销）", "Ends (optional; empty: when it is revoked)"),
    "admin.blocks.noVersions": ("不按版本", "Not by version"),
    "admin.blocks.preview": ("预览影响", "See what it would match"),
    "admin.blocks.previewFirst": ("请先预览影响，再发送。", "See what it would match before you send it."),
    "admin.blocks.previewTitle": ("影响", "What it would match"),
    "admin.blocks.notInCatalogue": (
        "目录中没有公开的同名插件：仍可封禁已安装的。",
        "No public plugin of this name is in the catalogue: installed ones can be blocked all the same.",
    ),
    "admin.blocks.matchesNone": ("没有已发布的版本会被封禁。", "No published version would be blocked."),
    "admin.blocks.matches": ("会被封禁的版本（{count}）", "Versions that would be blocked ({count})"),
    "admin.blocks.isCurrent": ("当前版本", "current"),
    "admin.blocks.currentStays": ("当前版本仍是 {version}。", "Version {version} stays the current one."),
    "admin.blocks.currentBecomes": (
        "当前版本从 {before} 变为 {after}。",
        "The current version goes from {before} to {after}.",
    ),
    "admin.blocks.hosts": ("在用宿主", "Hosts that use them"),
    "admin.blocks.send": ("封禁插件", "Block plugin"),
    "admin.blocks.saveChange": ("保存修改", "Save the change"),
    "admin.blocks.made": ("已封禁", "Blocked"),
    "admin.blocks.approve": ("批准", "Approve"),
    "admin.blocks.approveYes": ("批准封禁", "Approve block"),
    "admin.blocks.approveOf": ("批准对 {name} 的封禁", "Approve the block of {name}"),
    "admin.blocks.askApprove": (
        "批准对 {name} 的封禁？宿主将：{what}。",
        "Approve the block of {name}? Hosts will do this: {what}.",
    ),
    "admin.blocks.approved": ("已批准", "Approved"),
    "admin.blocks.ownPending": (
        "您不能批准：此封禁由您提出或修改，而移除插件要由两个人决定。须由另一位管理员批准，在此之前按禁用处理。",
        "You cannot approve it, for you made or changed it, and removing a plugin takes two people. Another "
        "administrator must approve it; until then it counts as disable.",
    ),
    "admin.blocks.othersPending": (
        "{name} 提出移除插件，要由第二位管理员批准；您可以批准。在此之前按禁用处理。",
        "{name} wants the plugin removed, which a second administrator must approve: you may. Until then it counts as "
        "disable.",
    ),
    "admin.blocks.state.pending": ("待批准，暂按禁用处理", "Waits for approval, counts as disable"),
    "admin.blocks.state.active": ("生效中", "In force"),
    "admin.blocks.state.revoked": ("已撤销", "Revoked"),
    "admin.blocks.revoke": ("撤销", "Revoke"),
    "admin.blocks.revokeYes": ("撤销封禁", "Revoke block"),
    "admin.blocks.revokeOf": ("撤销对 {name} 的封禁", "Revoke the block of {name}"),
    "admin.blocks.askRevoke": ("撤销对 {name} 的封禁的原因", "Why is the block of {name} revoked?"),
    "admin.blocks.revoked": ("已撤销", "Revoked"),
    "admin.blocks.editOf": ("编辑对 {name} 的封禁", "Edit the block of {name}"),
    "admin.blocks.madeBy": ("提出人", "Made by"),
    "admin.blocks.proposed": ("最近修改人", "Last changed by"),
    "admin.blocks.approvedBy": ("批准人", "Approved by"),
    "admin.blocks.revokedBy": ("撤销人", "Revoked by"),
    "admin.blocks.revokeReason": ("撤销原因", "Why it was revoked"),
    "admin.blocks.until": ("失效", "Ends"),
    "admin.blocks.expired": ("已失效", "Has ended"),
}
