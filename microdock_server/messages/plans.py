"""Texts about plans: why no versions fit each other, and what is wrong with a lockfile."""

from __future__ import annotations

from typing import Final

PLANS: Final[dict[str, tuple[str, str]]] = {
    "plan.made": ("方案已生成", "Here is the plan"),
    "plan.lock_checked": ("锁定文件已检查", "The lockfile was checked"),
    "plan.needs": ("{by} {version} 需要 {name}{range}", "{by} {version} needs {name}{range}"),
    "plan.needs_too": (
        "{by} {version} 需要 {name}{range}（{others} 也需要）",
        "{by} {version} needs {name}{range} ({others} too)",
    ),
    "plan.asked": ("{name}{range} 是要安装的", "{name}{range} is to be installed"),
    "plan.installed": ("{name}{range} 已安装", "{name}{range} is installed"),
    "plan.pinned": ("{name} 被固定为{range}", "{name} is pinned to{range}"),
    "plan.removed": ("{name}{range} 将被移除", "{name}{range} is to be removed"),
    "plan.unknown": ("{name} 不在插件目录中", "{name} is not in the catalogue"),
    "plan.disabled": ("{name} 已被禁用", "{name} is disabled"),
    "plan.none_offered": ("{name} 没有可提供给此宿主的版本", "no version of {name} is offered to this host"),
    "plan.only_offered": ("{name} 在此宿主上只有 {versions} 可用", "of {name} this host can only have {versions}"),
    "plan.but": ("{first}，但 {then}", "{first}, but {then}"),
    "plan.and": ("{first}，且 {then}", "{first}, and {then}"),
    "plan.then": ("{first}。{then}", "{first}. {then}"),
    "plan.more": ("另有 {count} 项，见 details", "There are {count} more, which the details list"),
    "lock.unknown_plugin": ("{name} 不在插件目录中", "{name} is not in the catalogue"),
    "lock.missing": ("{name} {version} 已不存在", "{name} {version} is no longer there"),
    "lock.disabled": ("{name} 已被禁用", "{name} is disabled"),
    "lock.hash_mismatch": (
        "{name} {version} 的内容与锁定文件不符",
        "{name} {version} is not the package that was locked",
    ),
    "lock.blocked": ("{name} {version} 已被管理员封禁：{reason}", "{name} {version} is blocked: {reason}"),
    "lock.yanked": ("{name} {version} 已撤回：{reason}", "{name} {version} was yanked: {reason}"),
}
