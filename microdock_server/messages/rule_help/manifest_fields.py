"""Help about rules for the values in plugin.json, and for what `main` names."""

from __future__ import annotations

from typing import Final

from .shared import NO_LOAD, SERVER_COST, UNUSABLE, RuleHelp

MANIFEST_FIELDS: Final[dict[str, RuleHelp]] = {
    "field-plugin-name": RuleHelp(
        ("插件名格式不对", "Not a plugin name"),
        (
            "name 不是反向域名的形式，例如 com.example.myplugin：至少两段，用点隔开，每段以英文字母开头，只含"
            "字母、数字和连字符，最长 100 个字符。",
            "name is not in reverse domain form like com.example.myplugin: at least two parts between dots, "
            "each beginning with a letter and made of ASCII letters, digits and hyphens, at most 100 "
            "characters in all.",
        ),
        (
            "没有安全风险；名称用作文件夹名和地址，所以必须简单而唯一。",
            "No security risk; the name becomes a folder and an address, so it has to be plain and unique.",
        ),
        (
            "用你拥有的域名倒写作开头，例如 com.example.clock。发布之后名称不能再改。",
            "Begin with a domain of yours, reversed, such as com.example.clock. The name cannot be changed "
            "once published.",
        ),
    ),
    "field-device-name": RuleHelp(
        ("插件名中有 Windows 设备名", "The plugin's name holds a device name"),
        (
            "name 中由点隔开的某一段是 con、nul、com1 之类的保留名。宿主以插件名建立文件夹。",
            "One of the parts of name is a reserved name such as con, nul or com1. Hosts make a folder of "
            "the plugin's name.",
        ),
        (
            "没有安全风险，但在一些 Windows 版本上，宿主无法建立或删除这个文件夹。",
            "No security risk, but on some versions of Windows the host cannot make or delete that folder.",
        ),
        (
            "给这一段换个名称，例如把 com.example.aux 改为 com.example.auxiliary。",
            "Choose another word, such as com.example.auxiliary for com.example.aux.",
        ),
    ),
    "field-version": RuleHelp(
        ("版本号格式不对", "Not a semantic version"),
        (
            "version 不是语义化版本：三段数字，可加预发布和构建信息，例如 1.0.0 或 1.0.0-beta.1。.NET 的四段"
            "版本 1.0.0.0 和开头的 v 都不行。",
            "version is not semantic: three numbers, with a prerelease or build part if wanted, such as "
            "1.0.0 or 1.0.0-beta.1. The four parts of .NET (1.0.0.0) and a leading v do not pass.",
        ),
        (
            "没有安全风险；没有可比较的版本号，服务器无法判断哪个版本更新。",
            "No security risk; without it the server cannot tell which version is newer.",
        ),
        (
            "写三段数字；可在 csproj 中用同一个 Version 值，避免两处不一致。",
            "Write three numbers; using the same value as Version in the csproj keeps both alike.",
        ),
    ),
    "field-main": RuleHelp(
        ("main 不是可用的路径", "main is not a usable path"),
        (
            "main 应是包内以 .dll 结尾的相对路径，用斜杠分隔，不含 .、.. 或空的一级，也不混用反斜杠。",
            "main has to be a relative path in the archive that ends in .dll, with slashes between folders, "
            "without ., .. or empty parts, and without mixed backslashes.",
        ),
        UNUSABLE,
        (
            '写出主程序集在压缩包里的路径，例如 "main": "MyPlugin.dll"。',
            'Write where the main assembly is in the archive, such as "main": "MyPlugin.dll".',
        ),
    ),
    "field-entry-class": RuleHelp(
        ("entryClass 不是类名", "entryClass is not a class name"),
        (
            "entryClass 应是命名空间加类名，例如 MyPlugin.PluginEntry；嵌套类用加号。带程序集名、泛型参数或 "
            ".cs 的写法都不行。",
            "entryClass has to be namespace and class, such as MyPlugin.PluginEntry, with a plus for nested "
            "classes. Assembly names, type parameters or .cs do not belong there.",
        ),
        UNUSABLE,
        ("写出 typeof(PluginEntry).FullName 的值。", "Write what typeof(PluginEntry).FullName gives."),
    ),
    "field-homepage": RuleHelp(
        ("homepage 不是可用的网址", "homepage is not a usable address"),
        (
            "homepage 不是 http 或 https 的完整地址，或含有用户名、密码、空格或反斜杠。",
            "homepage is not a whole http or https address, or holds a user name, a password, a space or a backslash.",
        ),
        (
            "其他类型的链接可以在用户点击时启动程序；带密码的地址会泄露密码。",
            "Other kinds of links can start programs when a user clicks them, and a password in an address "
            "is given away.",
        ),
        (
            "写完整的地址，例如 https://example.com/myplugin，没有就删去该字段。",
            "Write the whole address, such as https://example.com/myplugin, or leave the field out.",
        ),
    ),
    "field-range": RuleHelp(
        ("版本范围格式不对", "Not a version range"),
        (
            "dependencies 或 engines 中的版本范围无法识别，或超过 256 个字符。",
            "A range in dependencies or engines cannot be read, or is longer than 256 characters.",
        ),
        (
            "没有安全风险；服务器无法判断哪个版本合适，因此不能提供它。",
            "No security risk; the server cannot tell which versions fit and so cannot offer any.",
        ),
        (
            "写成 ^1.2.0、>=1.0.0 或 1.x。依赖的范围最好只用一个运算符加完整版本号，这样宿主也能识别。",
            "Write ^1.2.0, >=1.0.0 or 1.x. For dependencies one operator before one full version is best: "
            "hosts read that too.",
        ),
    ),
    "field-duplicate": RuleHelp(
        ("两个名称只差大小写", "Two names differ only in case"),
        (
            "dependencies 或 engines 里有两个键只有大小写或不可见的写法不同，而名称不区分大小写。",
            "Two keys of dependencies or engines differ only in case or in nothing that can be seen, and "
            "names ignore case.",
        ),
        (
            "没有安全风险，但两个范围可能矛盾，宿主会取哪个无法确定。",
            "No security risk, but the two ranges may contradict each other, and which one a host takes is open.",
        ),
        ("只保留一个，并使用该插件页面上的写法。", "Keep one, spelled as on that plugin's page."),
    ),
    "dependency-name": RuleHelp(
        ("依赖的名称不是插件名", "A dependency is not a plugin's name"),
        (
            "dependencies 的键应是插件名，例如 com.example.base。常见的错误是写了 NuGet 包或程序集的名称。",
            "The keys of dependencies are names of plugins, such as com.example.base. A common mistake is to "
            "name a NuGet package or an assembly.",
        ),
        ("没有安全风险；宿主会找不到要安装的依赖。", "No security risk; the host would not find what to install."),
        (
            "只写其他插件；NuGet 包的 DLL 请随 dotnet publish 一起打进包里。",
            "Name plugins only; DLLs of NuGet packages go into the package with dotnet publish.",
        ),
    ),
    "engine-name": RuleHelp(
        ("engines 中的名称不可用", "A name in engines is not usable"),
        (
            "engines 的键为空、超过 100 个字符，或含有不可见的字符。它应是宿主的名称，例如 MicroDock。",
            "A key of engines is empty, longer than 100 characters, or holds invisible characters. It names "
            "a host, such as MicroDock.",
        ),
        ("没有安全风险；没有宿主会认出这个名称。", "No security risk; no host would recognise the name."),
        ('写宿主的名称，例如 "MicroDock": ">=2.0.0"。', 'Write the host\'s name, such as "MicroDock": ">=2.0.0".'),
    ),
    "main-missing": RuleHelp(
        ("包里没有 main 指定的文件", "The file that main names is not in the package"),
        (
            "plugin.json 的 main 指定的 DLL 不在压缩包里。多半是改过程序集名称（AssemblyName），或只打包了源代码。",
            "The DLL that main names is not in the archive. Mostly the AssemblyName was changed, or only the "
            "sources were packed.",
        ),
        UNUSABLE,
        (
            "运行 dotnet publish，确认输出里的 DLL 名称与 main 一致，再打包。",
            "Run dotnet publish, see that the DLL in its output has the name in main, and pack that.",
        ),
    ),
    "main-wrong-case": RuleHelp(
        ("main 的大小写与文件不同", "main is spelled in another case than the file"),
        (
            "包里有这个文件，但大小写与 main 不同。Windows 不区分，服务器和其他系统区分。",
            "The file is there, but in another case than in main. Windows does not mind, the server and "
            "other systems do.",
        ),
        (
            "没有安全风险，但在区分大小写的系统上，宿主找不到主程序集。",
            "No security risk, but where case counts the host does not find the main assembly.",
        ),
        ("把 main 改成与文件完全相同的写法。", "Spell main exactly as the file."),
    ),
    "assembly-not-managed": RuleHelp(
        ("main 不是 .NET 程序集", "main is not a .NET assembly"),
        (
            "main 指定的文件不是托管程序集：可能是 C++ 的 DLL、原生编译（Native AOT）的输出，或根本不是 DLL。"
            "仅当设置 REQUIRE_MANAGED_ASSEMBLY 打开时拒绝。",
            "The file that main names is no managed assembly: a C++ DLL, the output of Native AOT, or no DLL "
            "at all. Refused only where the setting REQUIRE_MANAGED_ASSEMBLY is on.",
        ),
        NO_LOAD,
        (
            "在 csproj 中去掉 PublishAot 和 PublishSingleFile，使用编译出的托管 DLL。",
            "Remove PublishAot and PublishSingleFile from the csproj and use the managed DLL of the build.",
        ),
    ),
    "assembly-entry-class-missing": RuleHelp(
        ("主程序集中没有入口类", "The entry class is not in the main assembly"),
        (
            "main 指定的程序集里没有 entryClass 指定的类，也没有把它转发到别处。多半是改过命名空间或类名，或"
            "被裁剪掉了。仅当 REQUIRE_MANAGED_ASSEMBLY 打开时拒绝。",
            "The assembly has no class of that name and forwards none. Mostly the namespace or class was "
            "renamed, or trimmed away. Refused only where REQUIRE_MANAGED_ASSEMBLY is on.",
        ),
        NO_LOAD,
        (
            "把 entryClass 写成类的完整名称，区分大小写；在 csproj 中不要打开 PublishTrimmed。",
            "Write the class's full name into entryClass, in its exact case, and do not turn on "
            "PublishTrimmed in the csproj.",
        ),
    ),
    "assembly-unreadable": RuleHelp(
        ("主程序集无法读取", "The main assembly cannot be read"),
        (
            "主程序集的文件头或 .NET 元数据自相矛盾、被截断，或文件大于 256 MiB。加壳和混淆工具常造成这种情况。"
            "仅当 REQUIRE_MANAGED_ASSEMBLY 打开时拒绝。",
            "Headers or metadata of the main assembly contradict themselves or are cut, or it is larger than "
            "256 MiB. Packers and obfuscators often do this. Refused only where REQUIRE_MANAGED_ASSEMBLY is "
            "on.",
        ),
        (
            "没有人能看出这个程序集做什么，宿主也可能无法加载它。",
            "Nobody can see what the assembly does, and hosts may be unable to load it.",
        ),
        ("不用加壳或混淆，重新编译后打包。", "Build it again without packing or obfuscation."),
    ),
    "markdown-too-costly": RuleHelp(
        ("更新日志渲染开销过大", "The changelog costs too much to render"),
        (
            "plugin.json 的 changelog 按 Markdown 渲染时，行、嵌套、表格、链接或标记过多。上限按工作量计算，不能更改。",
            "Rendered as Markdown, changelog in plugin.json has too many lines, levels, table cells, links "
            "or marks. The limit counts work, and cannot be changed.",
        ),
        SERVER_COST,
        (
            "只写这个版本的变化；旧的记录放进 CHANGELOG.md，并减少表格和嵌套。",
            "Write only what this version changes; move older entries into CHANGELOG.md, and use fewer "
            "tables and levels.",
        ),
    ),
}
