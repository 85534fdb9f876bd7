"""Texts of warnings about accepted packages: `bundle.<rule>` → (Chinese, English)."""

from __future__ import annotations

from typing import Final

WARNINGS: Final[dict[str, tuple[str, str]]] = {
    "bundle.name-separator": (
        "{count} 个条目（如 {entry}）用反斜杠分隔目录，已按 / 读取；Windows 以外的软件可能不会这样读取，"
        "请用 / 作为条目名称的分隔符（.NET 中使用 ZipFile.CreateFromDirectory，或 Replace('\\', '/')）",
        "{count} entries, such as {entry}, have backslashes between folders, which were read as /; programs outside "
        "Windows may not do so: write entry names with / (in .NET by ZipFile.CreateFromDirectory or "
        "Replace('\\', '/'))",
    ),
    "bundle.name-unflagged": (
        "{count} 个条目（如 {entry}）的名称未标记为 UTF-8，已按 UTF-8 读取；其他软件可能会看到乱码，"
        "请改用英文文件名，或用 7-Zip、.NET 等会写入 UTF-8 标记的工具打包",
        "the names of {count} entries, such as {entry}, are not marked as UTF-8 and were read so; other programs may "
        "show them garbled: use ASCII names, or a tool that marks UTF-8 names, such as 7-Zip or .NET",
    ),
    "bundle.manifest-comments": (
        "plugin.json 中的注释已被忽略；严格的 JSON 工具无法读取，请删除注释",
        "the comments in plugin.json were skipped; strict JSON tools cannot read them: remove them",
    ),
    "bundle.manifest-trailing-commas": (
        "plugin.json 中多余的尾随逗号已被忽略；严格的 JSON 工具无法读取，请删除",
        "the trailing commas in plugin.json were skipped; strict JSON tools cannot read them: remove them",
    ),
    "bundle.data-folder": (
        "压缩包根目录含有 data（{entry}）；宿主把用户数据保存在插件的 data 目录中，更新这样的插件会丢失用户数据，"
        "请改用其他目录名，例如 assets",
        "the archive has data at its root ({entry}); the host keeps the user's data in the plugin's data folder, and "
        "updating such a plugin loses it: use another name, such as assets",
    ),
    "bundle.permissions-ignored": (
        "{entry} 的 {field} 不是由权限名称组成的列表（最多 {limit} 个），已视为未声明；"
        '请写成列表，例如 ["storage:local"]',
        "{field} in {entry} is not a list of at most {limit} names of permissions, and counts as not declared: write a "
        'list, such as ["storage:local"]',
    ),
    "bundle.permission-unknown": (
        "服务器不认识 {field} 的权限 {value}，宿主可能无法授予该权限；请检查拼写，或从 plugin.json 中删除",
        "the permission {value} of {field} is not known to this server, and hosts may be unable to grant it: check its "
        "spelling, or remove it from plugin.json",
    ),
    "bundle.replaces-ignored": (
        '{entry} 的 {field} 不是由插件名称组成的列表（最多 {limit} 个），已忽略；请写成列表，例如 ["com.example.old"]',
        "{field} in {entry} is not a list of at most {limit} names of plugins, and is ignored: write a list, such as "
        '["com.example.old"]',
    ),
    "bundle.replaces-name": (
        "{entry} 的 {field} 不是其他插件的名称，已忽略；请写插件的完整名称，例如 com.example.old",
        "{field} in {entry} is not the name of another plugin, and is ignored: write a plugin's whole name, such as "
        "com.example.old",
    ),
    "bundle.dependency-range": (
        "{field} 的版本范围 {value} 有效，但宿主无法识别；"
        "宿主只识别完整版本号前加 >=、>、<=、<、=、^ 或 ~ 的写法，例如 ^1.2.0",
        "the range {value} of {field} is valid, but the host does not read it; it knows >=, >, <=, <, =, ^ or ~ before "
        "one full version, such as ^1.2.0",
    ),
}
