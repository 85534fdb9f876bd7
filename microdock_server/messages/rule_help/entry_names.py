"""Help about rules for the names of a package's entries."""

from __future__ import annotations

from typing import Final

from .shared import DIFFERENT_FILES, DIFFERENT_NAMES, NOT_ON_WINDOWS, OUTSIDE, REPACK, UTF8_NAMES, RuleHelp

ENTRY_NAMES: Final[dict[str, RuleHelp]] = {
    "name-empty": RuleHelp(
        ("条目没有名称", "An entry has no name"),
        (
            "ZIP 目录里有一个名称为空的条目。这是打包程序的错误，或文件已损坏。",
            "The directory of the archive has an entry whose name is empty. That is a fault of the program "
            "that packed it, or damage.",
        ),
        (
            "没有直接的危险，但各种软件对它的处理不同：有的跳过，有的报错。",
            "None in itself, but programs differ: some skip such an entry, others stop.",
        ),
        REPACK,
    ),
    "name-not-utf8": RuleHelp(
        ("名称标为 UTF-8 却不是", "A name that is marked as UTF-8 is not"),
        (
            "条目带有 UTF-8 标记，但名称的字节不是有效的 UTF-8。通常是自制的打包程序以本地编码写入名称，却设置了标记。",
            "The entry carries the mark for UTF-8, but its name is not valid UTF-8. Usually a home-made ZIP "
            "writer set the mark and wrote the name in a local encoding.",
        ),
        DIFFERENT_NAMES,
        UTF8_NAMES,
    ),
    "name-encoding": RuleHelp(
        ("名称的编码无法确定", "The encoding of a name cannot be known"),
        (
            "名称既不是 ASCII，也不是 UTF-8，多半是中文 Windows 上的旧工具用 GBK 写的。ZIP 不记录这类编码，读"
            "取时只能猜。",
            "The name is neither ASCII nor UTF-8; older tools on Windows write the local encoding, such as "
            "GBK. A ZIP file does not say which, so readers guess.",
        ),
        DIFFERENT_NAMES,
        UTF8_NAMES,
    ),
    "name-control": RuleHelp(
        ("名称含有控制字符", "A name holds a control character"),
        (
            "名称里有换行、制表符之类的控制字符，往往是生成文件名的脚本多带了一个换行。",
            "The name holds a character such as a line break or a tab, often because a script made the name "
            "and left a line break in it.",
        ),
        (
            "Windows 不允许这样的文件名，解压会失败；在日志和终端里，它还能伪造别的内容。",
            "Windows allows no such file name, so unpacking fails; in logs and terminals it can be used to "
            "fake other lines.",
        ),
        ("改名，只用可见的字符，再重新打包。", "Rename the file with visible characters and pack again."),
    ),
    "name-invisible": RuleHelp(
        ("名称含有不可见的字符", "A name holds an invisible character"),
        (
            "名称里有看不见、改变文字方向或 Unicode 未定义的字符，例如零宽空格。从网页复制文件名时常会带上它们。",
            "The name holds a character that is invisible, changes the direction of text, or is not defined "
            "in Unicode, such as a zero-width space. Copying names from web pages brings them in.",
        ),
        (
            "两个看上去一样的名称可以是不同的文件；改变方向的字符还能让 .exe 看起来像图片。",
            "Two names that look alike can be two files, and a change of direction can make a .exe look like "
            "a picture.",
        ),
        ("把文件名重新手动输入一遍，再打包。", "Type the file name anew and pack again."),
    ),
    "name-backslash": RuleHelp(
        ("混用了反斜杠和斜杠", "Backslashes and slashes are mixed"),
        (
            "ZIP 规定路径用斜杠。这个名称含有反斜杠，而包里另有名称用斜杠，因此无法判断反斜杠是分隔符还是名称"
            "的一部分。",
            "ZIP paths are written with slashes. This name has a backslash while others have slashes, so "
            "nobody can tell whether it separates folders or belongs to the name.",
        ),
        (
            "在 Windows 上它是文件夹，在别处是文件名的一部分：同一个包会解压出不同的文件。",
            "On Windows it separates folders, elsewhere it is part of a name: one archive unpacks to different files.",
        ),
        (
            "写入条目时一律用斜杠：在 .NET 中用 ZipFile.CreateFromDirectory，自己拼名称时用 Replace('\\\\', '/')。",
            "Write every entry name with slashes: use ZipFile.CreateFromDirectory in .NET, or Replace('\\\\', "
            "'/') where you build names yourself.",
        ),
    ),
    "name-illegal-character": RuleHelp(
        ("名称含有 Windows 不允许的字符", "A name holds a character that Windows forbids"),
        (
            '名称里有 < > : " | ? * 之一。在 Linux 或 macOS 上可以这样命名，所以打包时不会报错。',
            'The name holds one of < > : " | ? *. Linux and macOS allow them, so packing there does not complain.',
        ),
        NOT_ON_WINDOWS,
        ("给文件改名，例如用连字符代替冒号。", "Rename the file, for example with a hyphen in place of a colon."),
    ),
    "name-reserved": RuleHelp(
        ("名称是 Windows 的设备名", "A name is one of Windows' devices"),
        (
            "路径中某一级（不计扩展名）是 CON、PRN、AUX、NUL、COM0 至 COM9、LPT0 至 LPT9 等保留名，aux.json 也算。",
            "A part of the path is, without its extension, a reserved name: CON, PRN, AUX, NUL, COM0 to "
            "COM9, LPT0 to LPT9 and the like. aux.json counts too.",
        ),
        NOT_ON_WINDOWS,
        ("改名，例如把 aux.json 改为 aux-data.json。", "Rename it, for example aux.json to aux-data.json."),
    ),
    "name-trailing": RuleHelp(
        ("名称以点或空格结尾", "A name ends in a dot or a space"),
        (
            "路径中某一级以点或空格结尾。Windows 创建文件时会默默去掉它们。",
            "A part of the path ends in a dot or a space. Windows silently drops them when it makes the file.",
        ),
        (
            "解压出的名称与包里的不同，还可能覆盖另一个文件。",
            "The file gets another name than in the archive, and may overwrite another one.",
        ),
        ("去掉末尾的点或空格，再重新打包。", "Remove the dot or space at the end and pack again."),
    ),
    "path-escapes": RuleHelp(
        ("路径越出了压缩包", "A path leaves the archive"),
        (
            "路径中含有 ..，会指向插件文件夹之外。从构建目录的上一级引用文件时，打包脚本可能写出这样的路径。",
            "The path holds .. and so points outside the plugin's folder. Packing scripts write it when a "
            "file is taken from above the build folder.",
        ),
        OUTSIDE,
        (
            "先把文件复制到输出文件夹内（csproj 中用 Link 和 CopyToOutputDirectory），再从该文件夹打包。",
            "Copy the file into the output folder first (Link and CopyToOutputDirectory in the csproj), and "
            "pack that folder.",
        ),
    ),
    "path-dot": RuleHelp(
        ("路径中有“.”目录", "A path holds the folder “.”"),
        (
            "路径中某一级是单独的点，例如 ./plugin.json。对当前目录打包的脚本有时会这样写。",
            "A part of the path is a single dot, as in ./plugin.json. Scripts that pack the current folder "
            "sometimes write this.",
        ),
        (
            "没有直接的危险，但各软件写法不一，同一个文件会有两个名称，检查时可能漏看其一。",
            "None in itself, but one file gets two spellings, and a check may see only one of them.",
        ),
        (
            "从输出文件夹内打包，用 zip -r ../plugin.zip * 或 ZipFile.CreateFromDirectory。",
            "Pack from inside the output folder, with zip -r ../plugin.zip * or ZipFile.CreateFromDirectory.",
        ),
    ),
    "path-empty-component": RuleHelp(
        ("路径中有空的一级", "A path has an empty part"),
        (
            "路径里有连续的两个斜杠，多半是拼接路径时多加了一个。",
            "Two slashes stand in a row, mostly because a script joined paths with one too many.",
        ),
        (
            "没有直接的危险，但各软件读法不同，宿主可能找不到这个文件。",
            "None in itself, but programs read it differently, and a host may not find the file.",
        ),
        (
            "在打包脚本中改正路径的拼接，例如用 Path.Combine 后再把反斜杠换成斜杠。",
            "Correct how the packing script joins paths, for example with Path.Combine and then slashes for "
            "backslashes.",
        ),
    ),
    "path-absolute": RuleHelp(
        ("绝对路径", "An absolute path"),
        (
            "路径以斜杠开头，指向磁盘的根目录。打包时把完整路径当成了条目名称。",
            "The path begins with a slash and so at the root of the disk: the full path was used as the entry's name.",
        ),
        OUTSIDE,
        (
            "使用相对于输出文件夹的路径，例如 Path.GetRelativePath 的结果。",
            "Use paths relative to the output folder, such as Path.GetRelativePath gives.",
        ),
    ),
    "path-drive": RuleHelp(
        ("路径带有盘符", "A path with a drive letter"),
        (
            "路径以 C: 这样的盘符开头。打包时把完整路径当成了条目名称。",
            "The path begins with a drive such as C:. The full path was used as the entry's name.",
        ),
        OUTSIDE,
        (
            "使用相对于输出文件夹的路径，例如 Path.GetRelativePath 的结果。",
            "Use paths relative to the output folder, such as Path.GetRelativePath gives.",
        ),
    ),
    "path-too-long": RuleHelp(
        ("路径过长", "The path is too long"),
        (
            "条目的路径超过 1024 字节。一个汉字占三个字节。这个上限不能更改。",
            "The entry's path is longer than 1,024 bytes; a Chinese character takes three. This limit cannot "
            "be changed.",
        ),
        NOT_ON_WINDOWS,
        (
            "缩短文件夹和文件的名称，或减少层级。许多 Windows 程序只能处理 260 个字符的路径，越短越好。",
            "Shorten the names or use fewer folders. Many Windows programs stop at 260 characters, so "
            "shorter is better.",
        ),
    ),
    "path-too-deep": RuleHelp(
        ("目录层级过深", "Too many folders inside each other"),
        (
            "路径超过 64 级。这个上限不能更改。多半是打包脚本反复复制了自己的输出文件夹。",
            "The path is more than 64 levels deep; this limit cannot be changed. Usually a packing script "
            "copied its own output folder into itself.",
        ),
        NOT_ON_WINDOWS,
        (
            "清空输出文件夹后重新编译，不要把压缩包或输出文件夹放进它自己里面。",
            "Empty the output folder and build again; do not place it, or the archive, inside itself.",
        ),
    ),
    "component-too-long": RuleHelp(
        ("文件名过长", "A name is too long"),
        (
            "路径中某一级的名称超过 255 字节（UTF-8）。大多数文件系统都只允许这么长。",
            "A part of the path is longer than 255 bytes of UTF-8, which is what most file systems allow.",
        ),
        (
            "没有安全风险，但文件可能无法解压，插件装不上。",
            "No security risk, but the file may not unpack, and the plugin would not install.",
        ),
        ("缩短该文件或文件夹的名称。", "Shorten the name of that file or folder."),
    ),
    "duplicate-name": RuleHelp(
        ("同名的条目", "The same entry twice"),
        (
            "压缩包中有两个名称完全相同的条目。往已有的压缩包里追加文件而不先删除旧的，就会这样。",
            "Two entries have exactly the same name. Adding files to an existing archive without removing "
            "the old ones does that.",
        ),
        DIFFERENT_FILES,
        ("打包前先删除旧的压缩包，再完整地重新生成。", "Delete the old archive before packing, and make it anew."),
    ),
    "name-collides": RuleHelp(
        ("两个名称只差大小写或写法", "Two names differ only in case or form"),
        (
            "两个条目的名称只有大小写、Unicode 形式或分隔符不同。在不区分这些差别的系统（例如 Windows、macOS）"
            "上，它们可能是同一个文件。",
            "Two entries differ only in case, in their Unicode form or in the separator. On systems that "
            "ignore the difference, as Windows and macOS do with case, they are one file.",
        ),
        (
            "解压时一个会覆盖另一个，哪个留下取决于软件：检查过的不一定是装上的。",
            "One overwrites the other when unpacked, and which one stays depends on the program: what was "
            "checked may not be what is installed.",
        ),
        ("只保留一个，或给其中一个另起名称。", "Keep one of them, or give one another name."),
    ),
    "file-as-directory": RuleHelp(
        ("一个名称既是文件又是文件夹", "A name is both file and folder"),
        (
            "一个条目是文件，另一个条目却把它当作文件夹使用，例如 lib 和 lib/a.dll。",
            "One entry is a file, and another uses it as a folder, such as lib and lib/a.dll.",
        ),
        (
            "没有安全风险，但任何系统都无法同时解压两者，插件会不完整。",
            "No security risk, but no system can unpack both, so the plugin would be incomplete.",
        ),
        ("给其中一个改名，再重新打包。", "Rename one of them and pack again."),
    ),
}
