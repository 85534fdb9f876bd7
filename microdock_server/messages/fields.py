"""Texts about what is wrong with one field of a request."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, tuple[str, str]]] = {
    "field.required": ("此字段必填", "This field is required"),
    "field.revision": ("当前修订号为 {revision}", "The current revision is {revision}"),
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
    "field.version_range": ("须为版本范围，例如 ^1.0.0", "Must be a range of versions such as ^1.0.0"),
    "field.engine_version": (
        "须为一到四段的版本号，例如 1.2.3.0",
        "Must be a version of one to four numbers such as 1.2.3.0",
    ),
    "field.sha256": ("须为 64 位十六进制的 SHA-256", "Must be a SHA-256: 64 hex digits"),
    "field.twice": ("重复出现", "Stands here twice"),
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
    "field.username_form": (
        "用户名不能包含全角字符、其他兼容字符或不可见字符",
        "Must be written in plain characters: no full-width or other compatibility forms, nothing invisible",
    ),
    "field.username_reserved": ("该用户名为系统保留", "This username is reserved"),
    "field.invisible": ("必须包含可见字符", "Must hold something that can be seen"),
    "field.bidi": ("不能包含改变文字方向的控制字符", "Must not hold characters that change the direction of text"),
    "field.bidi_prose": (
        "不能包含强制改变文字方向的控制字符，嵌入和隔离字符须成对出现",
        "Must not hold overrides of the direction of text; embeddings and isolates must end where they began",
    ),
    "field.first_key": (
        "首次使用的密钥至少需要 {min} 个字符",
        "A key that is used for the first time needs at least {min} characters",
    ),
    "field.type_name": (
        "须为 .NET 类型全名，例如 MicroDock.Plugin.IMicroDockPlugin",
        "Must be the full name of a .NET type, such as MicroDock.Plugin.IMicroDockPlugin",
    ),
    "field.assembly_name": (
        "须为程序集名称，不含 .dll，例如 MicroDock.Plugin",
        "Must be the name of an assembly without .dll, such as MicroDock.Plugin",
    ),
    "field.target_framework": (
        "须为目标框架，例如 net8.0、netcoreapp3.1 或 net48",
        "Must be a target framework, such as net8.0, netcoreapp3.1 or net48",
    ),
    "field.prefix": (
        "须为插件名前缀，例如 com.example",
        "Must be the beginning of plugin names, such as com.example",
    ),
    "field.email": ("邮箱地址格式不正确", "Not a valid e-mail address"),
    "field.permission": ("未知的权限：{permission}", "Unknown permission: {permission}"),
    "field.only_zip": ("仅支持 .zip 插件包", "Only .zip packages exist"),
    "field.category": ("分类不存在", "The category does not exist"),
    "field.category_cycle": ("分类不能移到自己的下级", "A category cannot be moved below itself"),
    "field.category_depth": ("分类最多 {max} 级", "Categories are at most {max} levels deep"),
    "field.url": ("须为 http(s) 地址", "Must be an http(s) address"),
    "field.uuid": ("须为 UUID", "Must be a UUID"),
    "field.moment": (
        "须为 ISO 8601 时间，例如 2024-01-01T00:00:00Z",
        "Must be an ISO 8601 time such as 2024-01-01T00:00:00Z",
    ),
    "field.future": ("须为将来的时间", "Must lie in the future"),
    "field.versions_or_packages": (
        "versions 与 sha256 至少填写一项",
        "At least one of `versions` and `sha256` is needed",
    ),
    "field.fixed": ("此字段创建后不能修改", "This cannot be changed once it is made"),
    "field.moment_order": ("结束时间须晚于开始时间", "The end must be after the beginning"),
    "field.amount": ("须为金额，最多两位小数", "Must be an amount with at most two decimals"),
    "field.currency": ("须为三位货币代码，例如 USD", "Must be a currency code such as USD"),
    "field.json": ("须为 JSON 文本", "Must be JSON"),
    "field.version_differs": (
        "与插件包中 plugin.json 的版本 {version} 不一致",
        "Differs from the version in the package's plugin.json, {version}",
    ),
    "field.package_of_another": (
        "插件包属于另一个插件：{name}",
        "The package is another plugin's: {name}",
    ),
    "field.from_package": (
        "此值取自插件包，不能在此修改",
        "This is read from the package and cannot be changed here",
    ),
    "field.image": (
        "无法作为图片读取：仅支持 PNG、JPEG、WebP、GIF",
        "Cannot be read as an image; PNG, JPEG, WebP and GIF are accepted",
    ),
    "field.image_size": ("图片过大或过小", "The image is too large or too small"),
    "field.images_together": (
        "一次提交的图片合计处理开销过大（像素过多、透明图片过多，或同时提交的文本过于复杂），请分多次提交或缩小图片",
        "The images of this request cost too much together: too many pixels, transparent or progressive ones, or a"
        " costly text beside them. Send fewer at a time, or smaller ones",
    ),
    "field.markdown_lines": (
        "Markdown 渲染开销过大：行数或段落过多，请缩短",
        "The Markdown costs too much to render: too many lines or paragraphs",
    ),
    "field.markdown_nesting": (
        "Markdown 渲染开销过大：嵌套的引用或列表过多",
        "The Markdown costs too much to render: too much inside nested quotes or lists",
    ),
    "field.markdown_tables": (
        "Markdown 渲染开销过大：表格单元格过多",
        "The Markdown costs too much to render: too many table cells",
    ),
    "field.markdown_links": (
        "Markdown 渲染开销过大：链接、图片或方括号过多",
        "The Markdown costs too much to render: too many links, images or square brackets",
    ),
    "field.markdown_marks": (
        "Markdown 渲染开销过大：强调等行内标记过多",
        "The Markdown costs too much to render: too much emphasis or other marks inside lines",
    ),
    "field.reviewer": ("该用户不是审核员", "This user is not a reviewer"),
    "field.user": ("用户不存在", "The user does not exist"),
    "field.empty": ("至少需要一项", "At least one value is needed"),
    "field.override": (
        "没有其他可用的审核员：可以用 override: true 并说明 reason 来决定",
        "There is no other active reviewer: `override: true` with a `reason` decides",
    ),
    "field.action": ("该申诉不支持此操作", "This appeal cannot do that"),
    "field.status": ("不支持的目标状态", "Not a status that can be asked for"),
}
