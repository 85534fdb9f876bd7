"""Texts about releases: why a host is offered what it is."""

from __future__ import annotations

from typing import Final

RELEASES: Final[dict[str, tuple[str, str]]] = {
    "release.blocked": ("{version} 已被封禁：{reason}", "{version} is blocked: {reason}"),
    "release.yanked": ("{version} 已被撤回：{reason}", "{version} was yanked: {reason}"),
    "release.yanked_plain": ("{version} 已被撤回", "{version} was yanked"),
    "release.rolled_back": (
        "{version} 高于推荐版本 {recommended}",
        "{version} is above {recommended}, the version that is recommended",
    ),
    "release.channel": (
        "{version} 是预览版，当前只接收稳定版",
        "{version} is a preview, and only stable versions are wanted",
    ),
    "release.needs_engine": (
        "{version} 需要 {engine} {range}，当前为 {has}",
        "{version} needs {engine} {range}; this host has {has}",
    ),
    "release.needs_engine_unstated": (
        "{version} 需要 {engine} {range}，而宿主没有说明其版本",
        "{version} needs {engine} {range}, which this host does not state",
    ),
    "release.cooldown": ("{version} 将于 {until} 起提供", "{version} will be offered from {until} on"),
    "release.held_for_review": ("{version} 正等待审核放行", "{version} waits until a reviewer releases it"),
    "release.rollout": (
        "{version} 正在逐步推出，目前 {rollout}% 的宿主可获得",
        "{version} is being rolled out, to {rollout} % of hosts so far",
    ),
    "release.rollout_paused": ("{version} 的推出已暂停", "The rollout of {version} is paused"),
    "release.pinned": (
        "{version} 不在固定的版本范围 {range} 内",
        "{version} is outside of {range}, which this host is pinned to",
    ),
    "release.held_by": (
        "{version} 不符合 {by} 的要求 {range}",
        "{version} does not fit {by}, which needs {range}",
    ),
    "release.needs_dependency": (
        "{version} 需要 {name} {range}，而当前为 {has}",
        "{version} needs {name} {range}; the host would have {has}",
    ),
    "release.needs_dependency_missing": (
        "{version} 需要 {name} {range}，而它没有安装",
        "{version} needs {name} {range}, which is not installed",
    ),
    "release.installed_yanked": (
        "已安装的 {version} 已被撤回：{reason}",
        "The installed {version} was yanked: {reason}",
    ),
    "release.installed_yanked_plain": ("已安装的 {version} 已被撤回", "The installed {version} was yanked"),
    "release.installed_blocked": (
        "已安装的 {version} 已被封禁：{reason}",
        "The installed {version} is blocked: {reason}",
    ),
    "release.installed_unpublished": (
        "已安装的 {version} 没有在此发布",
        "The installed {version} is not published here",
    ),
    "release.installed_modified": (
        "已安装的 {version} 与发布的插件包不同",
        "The installed {version} is not the package that was published",
    ),
    "release.disabled": ("该插件已被禁用", "The plugin is disabled"),
    "release.deprecated": ("该插件已被弃用", "The plugin is deprecated"),
    "release.deprecated_replaced": (
        "该插件已被弃用，请改用 {replacement}",
        "The plugin is deprecated; use {replacement} instead",
    ),
    "release.unknown_plugin": ("目录中没有该插件", "The catalogue has no such plugin"),
    "release.unknown_plugin_suspended": (
        "该插件已被下架，宿主会得知目录中没有它",
        "The plugin is suspended: hosts are told that the catalogue does not have it",
    ),
    "release.permissions_widened": (
        "{version} 需要更多权限：{permissions}",
        "{version} asks for more permissions: {permissions}",
    ),
}
