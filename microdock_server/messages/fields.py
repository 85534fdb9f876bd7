"""Texts that say what is wrong with one field of a request."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, tuple[str, str]]] = {
    "field.required": ("此字段必填", "This field is required"),
    "field.null": ("此字段不能为 null", "This field must not be null"),
    "field.string": ("必须是字符串", "Must be a string"),
    "field.integer": ("必须是整数", "Must be an integer"),
    "field.boolean": ("必须是 true 或 false", "Must be true or false"),
    "field.list": ("必须是数组", "Must be an array"),
    "field.object": ("必须是 JSON 对象", "Must be a JSON object"),
    "field.file": ("请上传文件", "A file is required"),
    "field.unknown": ("未知字段", "Unknown field"),
    "field.length": ("长度须为 {min} 到 {max} 个字符", "Must be {min} to {max} characters long"),
    "field.range": ("须在 {min} 到 {max} 之间", "Must be between {min} and {max}"),
    "field.too_many": ("最多 {max} 项", "At most {max} items"),
    "field.characters": ("包含不允许的字符", "Contains characters that are not allowed"),
    "field.choice": ("必须是以下之一：{choices}", "Must be one of: {choices}"),
    "field.plugin_name": (
        "须为反向域名格式的插件名，例如 com.example.myplugin",
        "Must be a reverse-domain plugin name such as com.example.myplugin",
    ),
    "field.plugin_id": ("插件 ID 格式不正确", "Not a valid plugin id"),
    "field.version": ("须为语义化版本号，例如 1.0.0", "Must be a semantic version such as 1.0.0"),
    "field.plugin_key": (
        "上传密钥须为 1 到 256 个字母、数字、下划线或连字符",
        "Must be 1 to 256 letters, digits, underscores or hyphens",
    ),
    "field.user_key": (
        "用户密钥须以字母或数字开头，仅含字母、数字和 _ . -，最长 256 个字符",
        "Must begin with a letter or digit and hold at most 256 letters, digits and _ . -",
    ),
    "field.username": (
        "用户名须为 2 到 64 个字符，仅含文字、数字和 _ . -",
        "Must be 2 to 64 letters, digits and _ . -",
    ),
    "field.email": ("邮箱地址格式不正确", "Not a valid e-mail address"),
    "field.permission": ("未知的权限：{permission}", "Unknown permission: {permission}"),
}
