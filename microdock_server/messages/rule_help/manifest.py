"""Help about rules for plugin.json as JSON, and for the kinds of its fields."""

from __future__ import annotations

from typing import Final

from .shared import ONLY_SHOWN, SERVER_COST, UNUSABLE, RuleHelp

MANIFEST: Final[dict[str, RuleHelp]] = {
    "manifest-missing": RuleHelp(
        ("缺少 plugin.json", "plugin.json is missing"),
        (
            "压缩包里没有任何名为 plugin.json 的文件。通常是没有把它设为随编译输出复制。",
            "The archive has no file named plugin.json anywhere. Usually it was not set to be copied with "
            "the build's output.",
        ),
        UNUSABLE,
        (
            '在 csproj 中加入 <None Update="plugin.json" CopyToOutputDirectory="PreserveNewest" />，重新 '
            "dotnet publish 后打包。",
            'Add <None Update="plugin.json" CopyToOutputDirectory="PreserveNewest" /> to the csproj, run '
            "dotnet publish again, and pack.",
        ),
    ),
    "manifest-wrong-case": RuleHelp(
        ("plugin.json 的大小写不对", "plugin.json is spelled in another case"),
        (
            "根目录有一个只差大小写的文件，例如 Plugin.json。Windows 不区分大小写，服务器和其他系统区分。",
            "There is a file at the root that differs only in case, such as Plugin.json. Windows does not "
            "mind, the server and other systems do.",
        ),
        UNUSABLE,
        (
            "把文件改名为全小写的 plugin.json。在 Windows 上用 Git 时，用 git mv 改两次名才能记录大小写的变化。",
            "Rename it to plugin.json, all in lower case. With Git on Windows, rename it twice with git mv "
            "so that the change of case is recorded.",
        ),
    ),
    "manifest-in-folder": RuleHelp(
        ("plugin.json 在子文件夹中", "plugin.json is inside a folder"),
        (
            "plugin.json 不在压缩包的根目录。多半是压缩了文件夹本身，而不是它里面的内容。",
            "plugin.json is not at the archive's root. Usually the folder was compressed, and not what is in it.",
        ),
        UNUSABLE,
        (
            "进入输出文件夹，全选里面的文件再压缩；或用 Compress-Archive -Path publish\\* -DestinationPath "
            "plugin.zip。",
            "Go into the output folder, select everything in it and compress that; or use Compress-Archive "
            "-Path publish\\* -DestinationPath plugin.zip.",
        ),
    ),
    "manifest-too-large": RuleHelp(
        ("plugin.json 过大", "plugin.json is too large"),
        (
            "plugin.json 超过 1 MiB。这个上限不能更改。通常是把图片或很长的更新日志写了进去。",
            "plugin.json is larger than 1 MiB; this limit cannot be changed. Usually pictures or a very long "
            "changelog were written into it.",
        ),
        SERVER_COST,
        (
            "图片和长文请放在单独的文件里（例如 README.md、CHANGELOG.md），plugin.json 只写必要的字段。",
            "Put pictures and long texts into files of their own, such as README.md and CHANGELOG.md, and "
            "keep plugin.json to its fields.",
        ),
    ),
    "manifest-not-utf8": RuleHelp(
        ("plugin.json 不是 UTF-8", "plugin.json is not UTF-8"),
        (
            "文件的字节不是有效的 UTF-8，多半保存成了 GBK 或 UTF-16。UTF-8 带不带 BOM 都可以。",
            "The file is not valid UTF-8; it was probably saved as GBK or UTF-16. A byte order mark of UTF-8 "
            "is allowed.",
        ),
        UNUSABLE,
        (
            "在编辑器中另存为 UTF-8。Windows PowerShell 5 的 Out-File 默认写 UTF-16，请加 -Encoding utf8。",
            "Save it as UTF-8 in your editor. Out-File of Windows PowerShell 5 writes UTF-16 unless told "
            "-Encoding utf8.",
        ),
    ),
    "manifest-not-json": RuleHelp(
        ("plugin.json 有语法错误", "plugin.json is not valid JSON"),
        (
            "提示的行和列处不符合 JSON 语法：常见的是漏了逗号或引号，用了单引号，或字符串里有未转义的反斜杠。"
            "注释和尾随逗号可以，只会警告。",
            "The text breaks JSON's rules at the line and column given: a comma or quote is missing, quotes "
            "are single, or a backslash in a string is not doubled. Comments and trailing commas pass with a "
            "warning.",
        ),
        UNUSABLE,
        (
            "按提示的位置改正；编辑器的 JSON 模式或 python -m json.tool plugin.json 会指出同样的位置。",
            "Correct that place; the JSON mode of an editor, or python -m json.tool plugin.json, shows it too.",
        ),
    ),
    "manifest-not-object": RuleHelp(
        ("plugin.json 的最外层不是对象", "plugin.json is not one object"),
        (
            "文件是有效的 JSON，但最外层是数组、字符串或数字，而不是大括号包起来的对象。",
            "The file is valid JSON, but a list, a text or a number instead of one object in curly brackets.",
        ),
        UNUSABLE,
        (
            "把全部字段放进一对大括号里，不要用方括号包住它。",
            "Put all fields into one pair of curly brackets, without square ones around them.",
        ),
    ),
    "manifest-too-deep": RuleHelp(
        ("plugin.json 嵌套过深", "plugin.json is nested too deeply"),
        (
            "对象和数组嵌套超过 32 层。没有哪个字段需要这么深；这个上限不能更改。",
            "Objects and lists stand inside each other more than 32 levels deep. No field needs that, and "
            "the limit cannot be changed.",
        ),
        SERVER_COST,
        (
            "删去用不到的嵌套内容，插件自己的配置请放进单独的文件。",
            "Remove what is nested there; keep the plugin's own configuration in a file of its own.",
        ),
    ),
    "manifest-too-complex": RuleHelp(
        ("plugin.json 的元素过多", "plugin.json has too many elements"),
        (
            "文件中的大括号、方括号和逗号合计超过 20 万个。这个上限不能更改。",
            "The file holds more than 200,000 opening brackets and commas together; the limit cannot be changed.",
        ),
        SERVER_COST,
        ("把数据表之类的内容移到单独的文件。", "Move tables of data into a file of their own."),
    ),
    "manifest-duplicate-key": RuleHelp(
        ("plugin.json 有重复的键", "A key stands twice in plugin.json"),
        (
            "同一个对象里同一个键写了两次，多半是复制粘贴留下的。",
            "The same key stands twice in one object, mostly left by copy and paste.",
        ),
        (
            "各软件取值不同，有的取前一个，有的取后一个：审核看到的和宿主用的可能不是同一个值。",
            "Programs differ in which one they take: reviewers may see another value than the host uses.",
        ),
        ("删去多余的一个。", "Remove one of them."),
    ),
    "manifest-number": RuleHelp(
        ("plugin.json 有无法接受的数值", "A number in plugin.json is not acceptable"),
        (
            "数值是 NaN、Infinity，超出双精度浮点的范围，或超过 100 位。JSON 不允许前两者。",
            "The number is NaN or Infinity, which JSON does not have, is out of the range of a double, or "
            "has more than 100 digits.",
        ),
        (
            "没有安全风险，但严格的 JSON 工具（包括 .NET）会拒绝整个文件。",
            "No security risk, but strict JSON readers, .NET's among them, refuse the whole file.",
        ),
        ("改为普通的数值，或写成字符串。", "Write an ordinary number, or a string."),
    ),
    "manifest-nul": RuleHelp(
        ("plugin.json 的文本含有空字符", "A text in plugin.json holds a NUL character"),
        (
            "某个字符串里有 U+0000（写作 \\u0000）。多半是从二进制数据或定长字符串转换而来。",
            "A string holds U+0000, written \\u0000. It mostly comes from binary data or from strings of fixed length.",
        ),
        (
            "许多程序遇到空字符就当作文本结束，显示的内容会与实际不同；数据库也拒绝保存它。",
            "Many programs take it for the end of a text, so what is shown is not what is there; databases "
            "refuse to store it.",
        ),
        (
            "删去 \\u0000，例如在生成时用 TrimEnd('\\0')。",
            "Remove \\u0000, for example with TrimEnd('\\0') where the text is made.",
        ),
    ),
    "manifest-surrogate": RuleHelp(
        ("plugin.json 的文本含有不成对的代理字符", "A text in plugin.json holds half a character"),
        (
            "某个字符串里有单独的 \\ud800 至 \\udfff。它们必须两个一组，多半是按长度截断时把一个表情符号切成了两半。",
            "A string holds one of \\ud800 to \\udfff alone. They come in pairs; mostly an emoji was cut in "
            "half when a text was shortened.",
        ),
        (
            "没有安全风险，但这样的文本无法以 UTF-8 保存或发送。",
            "No security risk, but such a text cannot be stored or sent as UTF-8.",
        ),
        (
            "补全或删去这个字符；截断文本时不要切开代理对。",
            "Complete or remove the character, and do not cut texts inside such a pair.",
        ),
    ),
    "field-required": RuleHelp(
        ("缺少必需的字段", "A required field is missing"),
        (
            "name、version、main、entryClass 四个字段之一不存在、为 null 或为空。字段名区分大小写，entryclass 不算。",
            "One of name, version, main and entryClass is not there, null or empty. Names of fields are "
            "case-sensitive: entryclass does not count.",
        ),
        UNUSABLE,
        (
            '补上该字段。例如 "main": "MyPlugin.dll"、"entryClass": "MyPlugin.PluginEntry"。',
            'Add the field, such as "main": "MyPlugin.dll" or "entryClass": "MyPlugin.PluginEntry".',
        ),
    ),
    "field-not-text": RuleHelp(
        ("字段必须是字符串", "A field has to be a string"),
        (
            "字段的值是数字、布尔值、数组或对象。常见的是把版本号写成了数字，例如 1.0。",
            "The value is a number, a boolean, a list or an object. Often a version was written as a number, "
            "such as 1.0.",
        ),
        UNUSABLE,
        ('给值加上双引号，例如 "version": "1.0.0"。', 'Put the value in double quotes, such as "version": "1.0.0".'),
    ),
    "field-not-object": RuleHelp(
        ("字段必须是对象", "A field has to be an object"),
        (
            "dependencies 或 engines 写成了数组或文本。它们应是“名称：版本范围”的对象。",
            "dependencies or engines is a list or a text. They are objects of names to version ranges.",
        ),
        UNUSABLE,
        (
            '写成对象，例如 dependencies 里写 "com.example.base": "^1.2.0"，没有依赖就删去该字段。',
            'Write an object with entries such as "com.example.base": "^1.2.0", or remove the field if there are none.',
        ),
    ),
    "field-too-long": RuleHelp(
        ("字段过长", "A field is too long"),
        (
            "文本超过该字段的字符数上限，例如版本号 64、插件名 100、描述 10000、更新日志 100000。这些上限不能更改。",
            "The text is longer than its field allows: 64 characters for a version, 100 for a plugin's name, "
            "10,000 for a description, 100,000 for a changelog. These limits cannot be changed.",
        ),
        ONLY_SHOWN,
        (
            "缩短文本；长的介绍放进 README.md，旧的更新记录放进 CHANGELOG.md。",
            "Shorten it; put a long introduction into README.md and older changes into CHANGELOG.md.",
        ),
    ),
    "field-too-many": RuleHelp(
        ("字段的项数过多", "A field has too many items"),
        (
            "dependencies 或 engines 超过 200 项。这个上限不能更改。",
            "dependencies or engines has more than 200 items; the limit cannot be changed.",
        ),
        SERVER_COST,
        (
            "只写直接依赖的插件；NuGet 包不是插件，不要写在这里。",
            "Name only plugins that yours needs itself; NuGet packages are no plugins and do not belong here.",
        ),
    ),
    "field-control": RuleHelp(
        ("字段含有控制字符", "A field holds a control character"),
        (
            "单行的字段（如 displayName、author、homepage）里有换行、制表符之类的字符。",
            "A field of one line, such as displayName, author or homepage, holds a line break, a tab or the like.",
        ),
        ("这样的文本可以在列表和日志中伪造别的行。", "Such a text can fake other lines in lists and logs."),
        (
            "删去该字符；多行的内容写在 description 或 changelog 里。",
            "Remove it; text of several lines belongs into description or changelog.",
        ),
    ),
    "field-invisible": RuleHelp(
        ("字段没有可见的内容", "A field holds nothing that can be seen"),
        (
            "displayName、author 或 license 只由空白或不可见的字符组成，例如零宽空格。",
            "displayName, author or license consists of blanks or invisible characters only, such as "
            "zero-width spaces.",
        ),
        (
            "用户会看到一个没有名字的插件，无法辨认它是谁的。",
            "Users would see a plugin without a name, and could not tell whose it is.",
        ),
        (
            "写上真实的名称，或删去该字段（displayName 缺省为 name）。",
            "Write a real name, or leave the field out: displayName is then the same as name.",
        ),
    ),
    "field-bidi": RuleHelp(
        ("字段含有改变文字方向的字符", "A field changes the direction of text"),
        (
            "displayName、author 或 license 里有改变文字方向的 Unicode 控制字符，例如从右到左标记。",
            "displayName, author or license holds a Unicode control that changes the direction of text, such "
            "as a right-to-left mark.",
        ),
        (
            "名称显示的顺序与实际不同，可以冒充别的插件或作者。",
            "The name is shown in another order than it is written, and can pass for another plugin or author.",
        ),
        ("删去这些字符；把名称重新手动输入一遍最可靠。", "Remove these characters; typing the name anew is safest."),
    ),
    "field-bidi-prose": RuleHelp(
        ("正文强制改变了文字方向", "A text overrides its direction"),
        (
            "description 或 changelog 含有强制改变方向的字符（U+202D、U+202E），或嵌入、隔离字符没有成对结束。"
            "成对的方向标记可以使用。",
            "description or changelog holds an override (U+202D, U+202E), or an embedding or isolate that "
            "does not end. Marks that end where they began are allowed.",
        ),
        (
            "文字显示的顺序与实际不同，后面的页面内容也会被打乱。",
            "The text is shown in another order than it is written, and what follows it on a page is turned "
            "around too.",
        ),
        ("删去这些字符，或给每个嵌入和隔离字符补上结束字符。", "Remove them, or end each embedding and isolate."),
    ),
}
