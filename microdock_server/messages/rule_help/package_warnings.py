"""Help about warnings of accepted packages."""

from __future__ import annotations

from typing import Final

from .shared import UTF8_NAMES, RuleHelp

PACKAGE_WARNINGS: Final[dict[str, RuleHelp]] = {
    "main-backslash": RuleHelp(
        ("main 使用了反斜杠", "main is written with backslashes"),
        (
            "plugin.json 的 main 用反斜杠分隔路径，已按斜杠读取。在 Windows 上复制路径时常会这样。",
            "main in plugin.json has backslashes between folders, read as slashes. Paths copied on Windows "
            "look like this.",
        ),
        (
            "没有安全风险，但 Windows 以外的宿主会找不到主程序集。",
            "No security risk, but hosts outside Windows would not find the main assembly.",
        ),
        (
            '把反斜杠换成斜杠，例如 "main": "bin/MyPlugin.dll"。',
            'Replace the backslashes, as in "main": "bin/MyPlugin.dll".',
        ),
    ),
    "name-separator": RuleHelp(
        ("条目名称用反斜杠分隔", "Entry names with backslashes"),
        (
            "所有带文件夹的条目都用反斜杠，已按斜杠读取。.NET Framework 4.6 及更早的 ZipFile 和一些 Windows "
            "程序会这样写。",
            "All entries with folders use backslashes, read as slashes. ZipFile of .NET Framework before "
            "4.6.1 and some Windows programs write them.",
        ),
        (
            "没有安全风险，但在其他系统上，文件会直接解压到根目录，名称里带着反斜杠。",
            "No security risk, but elsewhere files unpack into one folder, with backslashes in their names.",
        ),
        (
            "用 .NET Core 或 .NET 5 以上的 ZipFile.CreateFromDirectory 打包，或对名称用 Replace('\\\\', '/')。",
            "Pack with ZipFile.CreateFromDirectory of .NET Core or .NET 5 and later, or use Replace('\\\\', "
            "'/') on the names.",
        ),
    ),
    "name-unflagged": RuleHelp(
        ("名称没有 UTF-8 标记", "Names without the mark for UTF-8"),
        (
            "非英文的名称是 UTF-8，但条目没有相应的标记，已按 UTF-8 读取。macOS 的“压缩”和 Info-ZIP 会这样写。",
            "Names in other scripts are UTF-8 without the entry's mark for it, and were read so. The "
            "Compress of macOS and Info-ZIP write them.",
        ),
        (
            "没有安全风险，但 .NET 和资源管理器可能按本地编码显示为乱码，插件找不到自己的文件。",
            "No security risk, but .NET and Windows Explorer may show garbled names, and the plugin may not "
            "find its files.",
        ),
        UTF8_NAMES,
    ),
    "manifest-comments": RuleHelp(
        ("plugin.json 中有注释", "Comments in plugin.json"),
        (
            "文件含有 // 或 /* */ 注释，已跳过，宿主也会跳过。标准 JSON 没有注释。",
            "The file holds comments with // or /* */. They were skipped, as hosts do; JSON itself has none.",
        ),
        ("没有危险，只是严格的 JSON 工具读不了这个文件。", "None; strict JSON tools cannot read the file."),
        ("删去注释，说明写进 README.md。", "Remove the comments and explain things in README.md."),
    ),
    "manifest-trailing-commas": RuleHelp(
        ("plugin.json 中有尾随逗号", "Trailing commas in plugin.json"),
        (
            "最后一项之后还有逗号，已跳过，宿主也会跳过。标准 JSON 不允许。",
            "A comma stands behind a last item. It was skipped, as hosts do; JSON itself does not allow it.",
        ),
        ("没有危险，只是严格的 JSON 工具读不了这个文件。", "None; strict JSON tools cannot read the file."),
        ("删去右括号前的逗号。", "Remove the comma before the closing bracket."),
    ),
    "data-folder": RuleHelp(
        ("根目录有 data", "data at the archive's root"),
        (
            "压缩包根目录有名为 data（不区分大小写）的文件或文件夹，而宿主把用户数据保存在插件的 data 文件夹里。",
            "At the archive's root is a file or folder named data, in any case, and hosts keep the user's "
            "data in the plugin's data folder.",
        ),
        ("更新这样的插件时，用户保存的数据会丢失。", "Updating such a plugin loses what the user saved."),
        (
            "给随包的数据换个文件夹，例如 assets，并在代码中改用新路径。",
            "Put what you ship into another folder, such as assets, and use that path in the code.",
        ),
    ),
    "permissions-ignored": RuleHelp(
        ("permissions 被忽略", "permissions is ignored"),
        (
            "plugin.json 的 permissions 不是由权限名称组成的列表（最多 200 个，每个最多 100 个字符），视为没有声明。",
            "permissions in plugin.json is not a list of names (at most 200, of at most 100 characters each) "
            "and counts as not declared.",
        ),
        (
            "没有声明权限的插件，用户无法判断它会做什么，只能当作什么都可能做。",
            "Users cannot tell what a plugin without declared permissions does, and have to assume anything.",
        ),
        (
            '写成列表，例如 "permissions": ["storage:local"]；不需要权限就写空列表。',
            'Write a list, such as "permissions": ["storage:local"], or an empty one if none are needed.',
        ),
    ),
    "permission-unknown": RuleHelp(
        ("服务器不认识的权限", "A permission that the server does not know"),
        (
            "声明的权限不在服务器可授予的列表里（设置 INSTALL_PERMISSIONS），多半是拼写错误，或来自更新的宿主。",
            "The declared permission is not among those that can be granted here (setting "
            "INSTALL_PERMISSIONS). Mostly it is misspelled, or belongs to a newer host.",
        ),
        (
            "没有安全风险；用户无法授予它，依赖它的功能可能用不了。",
            "No security risk; users cannot grant it, so what needs it may not work.",
        ),
        (
            "检查拼写；确实是新权限时，请管理员加入 INSTALL_PERMISSIONS，否则删去它。",
            "Check the spelling; if it is new, ask the administrator to add it to INSTALL_PERMISSIONS, or "
            "else remove it.",
        ),
    ),
    "replaces-ignored": RuleHelp(
        ("replaces 被忽略", "replaces is ignored"),
        (
            "plugin.json 的 replaces 不是列表，或超过 200 项，已忽略。",
            "replaces in plugin.json is not a list, or has more than 200 items, and is ignored.",
        ),
        (
            "没有危险，只是旧插件的用户不会被告知有替代品。",
            "None; users of the older plugin are not told of this one.",
        ),
        (
            '写成列表，例如 "replaces": ["com.example.old"]。',
            'Write a list, such as "replaces": ["com.example.old"].',
        ),
    ),
    "replaces-name": RuleHelp(
        ("replaces 中有无效的名称", "replaces names something else"),
        (
            "replaces 中某一项不是插件名，或是插件自己的名称，已略过这一项。",
            "An item of replaces is not a plugin's name, or is the plugin's own, and is left out.",
        ),
        (
            "没有危险，只是旧插件的用户不会被告知有替代品。",
            "None; users of the older plugin are not told of this one.",
        ),
        (
            "写其他插件的完整名称，例如 com.example.old。",
            "Write another plugin's whole name, such as com.example.old.",
        ),
    ),
    "dependency-range": RuleHelp(
        ("宿主无法识别的依赖范围", "A range that hosts do not read"),
        (
            "dependencies 的版本范围有效，但宿主只识别一个运算符（>=、>、<=、<、=、^、~）加一个完整版本号，以及 *。",
            "The range in dependencies is valid, but hosts know only one operator (>=, >, <=, <, =, ^, ~) "
            "before one full version, and *.",
        ),
        (
            "没有安全风险；宿主可能装上不合适的依赖版本，或认为依赖没有满足。",
            "No security risk; hosts may install a version that does not fit, or think that the dependency is not met.",
        ),
        (
            "改写成一个运算符加完整版本号，例如把 1.x 写成 ^1.0.0。",
            "Write one operator and one full version, such as ^1.0.0 for 1.x.",
        ),
    ),
}
