"""Texts about appeals on the admin page."""

from __future__ import annotations

from typing import Final

APPEALS: Final[dict[str, tuple[str, str]]] = {
    "admin.appeals.type.review_decision": ("针对审核结论", "Against a review"),
    "admin.appeals.type.suspension": ("针对下架", "Against a suspension"),
    "admin.appeals.type.block": ("针对封禁", "Against a block"),
    "admin.appeals.empty": ("没有申诉", "No appeals"),
    "admin.appeals.by": ("申诉人", "Appellant"),
    "admin.appeals.evidence": ("证据", "Evidence"),
    "admin.appeals.against": ("查看被申诉的审核", "The review it is against"),
    "admin.appeals.reasonAgainst": ("原决定的理由", "The decision's reason"),
    "admin.appeals.answer": ("答复", "Answer"),
    "admin.appeals.answerName": ("答复：{name}", "Answer: {name}"),
    "admin.appeals.answerTitle": ("答复申诉", "Answer the appeal"),
    "admin.appeals.read": ("查看", "Read"),
    "admin.appeals.readName": ("查看：{name}", "Read: {name}"),
    "admin.appeals.said": ("申诉内容", "What is appealed"),
    "admin.appeals.title": ("申诉", "Appeal"),
    "admin.appeals.response": ("答复", "Response"),
    "admin.appeals.responseHint": ("申诉人会看到此答复。", "The appellant sees this."),
    "admin.appeals.granting": ("若通过", "If it is granted"),
    "admin.appeals.publish": ("立即发布", "Publish at once"),
    "admin.appeals.again": ("重新审核", "Review again"),
    "admin.appeals.about.suspension": (
        "如果您认为下架有误，可以申诉。",
        "If you think that the suspension is wrong, appeal against it here.",
    ),
    "admin.appeals.about.block": (
        "如果您认为封禁有误，可以申诉。",
        "If you think that the block is wrong, appeal against it here.",
    ),
    "admin.appeals.about.review_decision": (
        "如果您认为审核结论有误，可以申诉。",
        "If you think that the decision is wrong, appeal against it here.",
    ),
    "admin.appeals.begin": ("提出申诉…", "Appeal…"),
    "admin.appeals.reasonHint": ("处理申诉的人会看到。", "Who hears the appeal reads this."),
    "admin.appeals.more_words": ("补充说明（可选）", "Anything further (optional)"),
    "admin.appeals.send": ("提交申诉", "Send the appeal"),
    "admin.appeals.sent": ("申诉已提交", "Appeal sent"),
    "admin.appeals.mayOverride": (
        "没有其他人可以处理：您仍可说明理由后处理，理由会写入审计日志并告知开发者。",
        "Nobody else can hear it: you may all the same, with a reason that goes into the audit log and to the "
        "developer.",
    ),
    "admin.appeals.restores": ("通过即恢复该插件的发布。", "Granting it puts the plugin back on the market."),
    "admin.appeals.unblocks": ("通过即撤销该封禁。", "Granting it revokes the block."),
    "admin.appeals.adminsUnblock": ("只有管理员可以撤销封禁。", "Only administrators can revoke a block."),
    "admin.appeals.adminsOnly": ("只有管理员可以恢复已下架的插件。", "Only administrators can lift a suspension."),
    "admin.appeals.approve": ("通过申诉", "Grant appeal"),
    "admin.appeals.reject": ("拒绝申诉", "Reject appeal"),
    "admin.appeals.askPublish": ("通过申诉，并立即发布 {name}？", "Grant the appeal and publish {name} at once?"),
    "admin.appeals.askAgain": ("通过申诉，并重新审核 {name}？", "Grant the appeal and review {name} again?"),
    "admin.appeals.askRestore": ("通过申诉，并恢复 {name}？", "Grant the appeal and restore {name}?"),
    "admin.appeals.askUnblock": (
        "通过申诉，并撤销对 {name} 的封禁？",
        "Grant the appeal and revoke the block of {name}?",
    ),
    "admin.appeals.askReject": ("拒绝对 {name} 的申诉？", "Reject the appeal about {name}?"),
    "admin.appeals.done": ("申诉已处理", "Appeal decided"),
    "admin.appeals.decidedBy": ("处理人", "Decided by"),
    "admin.appeals.outcome": ("处理方式", "Outcome"),
    "admin.appeals.more": ("显示更早的", "Show older ones"),
}
