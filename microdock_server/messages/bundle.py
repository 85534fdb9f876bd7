"""Texts about package faults, for a plugin's developer: `bundle.<rule>` → (Chinese, English).

Texts are formatted with `Problem.values()`: `entry`, `field` and the rule's own params.
"""

from __future__ import annotations

from typing import Final

from .warnings import WARNINGS

BUNDLE: Final[dict[str, tuple[str, str]]] = {
    **WARNINGS,
    # The file as a whole.
    "bundle.not-a-zip": (
        "上传的文件不是 ZIP 压缩包，请上传 .zip 格式的插件包",
        "the file is not a ZIP archive; upload the plugin as a .zip file",
    ),
    "bundle.truncated": (
        "ZIP 文件不完整（可能上传中断或文件损坏），请重新打包后再上传",
        "the ZIP file is cut off or damaged; build the package again and upload it whole",
    ),
    "bundle.trailing-data": (
        "ZIP 文件末尾之后还有 {bytes} 字节多余的数据，请用标准工具重新打包",
        "{bytes} bytes follow the end of the ZIP archive; rebuild it with a standard tool",
    ),
    "bundle.leading-data": (
        "ZIP 内容之前有 {bytes} 字节多余的数据（例如自解压程序头），请打包为普通 ZIP 文件",
        "{bytes} bytes stand before the ZIP archive, as in a self-extracting file; build a plain ZIP file",
    ),
    "bundle.false-end": (
        "ZIP 的结束记录不一致或不止一个，不同软件会看到不同的内容，请重新打包",
        "the ZIP end record is wrong or not the only one, so programs would see different files; rebuild it",
    ),
    "bundle.false-zip64": (
        "ZIP64 结束记录缺失或与普通结束记录矛盾，不同软件会看到不同的内容，请用标准工具重新打包",
        "the zip64 end record is missing or contradicts the plain one, so programs would see different files; "
        "rebuild the archive with a standard tool",
    ),
    "bundle.false-zip64-entry": (
        "条目 {entry} 的 ZIP64 信息缺失或与文件头矛盾，请用标准工具重新打包",
        "the zip64 information of entry {entry} is missing or contradicts its header; rebuild the archive",
    ),
    "bundle.multi-disk": (
        "不支持分卷压缩包，请打包为单个 ZIP 文件",
        "split archives are not supported; build one single ZIP file",
    ),
    "bundle.directory-broken": (
        "ZIP 的中央目录损坏：声明了 {count} 个条目，只读到 {found} 个，请重新打包",
        "the ZIP directory is damaged: it promises {count} entries and {found} could be read; rebuild it",
    ),
    "bundle.too-many-problems": (
        "问题过多，只列出前 {limit} 个，请先修正这些问题",
        "there are more problems than the {limit} listed; fix these first",
    ),
    # Limits.
    "bundle.too-many-entries": (
        "压缩包含有 {count} 个条目，超过上限 {limit} 个，请删去不需要的文件",
        "the archive has {count} entries, more than the {limit} allowed; leave out what is not needed",
    ),
    "bundle.unpacked-too-large": (
        "解压后大小为 {size} 字节，超过上限 {limit} 字节，请减小插件包",
        "the archive unpacks to {size} bytes, more than the {limit} allowed; make the package smaller",
    ),
    "bundle.ratio-too-high": (
        "条目 {entry} 的压缩比超过 {limit}:1，疑似压缩炸弹，请移除或更换该文件",
        "entry {entry} is compressed more than {limit}:1, as a zip bomb is; remove or replace it",
    ),
    "bundle.total-ratio-too-high": (
        "压缩包整体压缩比超过 {limit}:1，疑似压缩炸弹，请移除高度重复的文件",
        "the archive is compressed more than {limit}:1 in all, as a zip bomb is; remove repetitive files",
    ),
    # Names.
    "bundle.name-empty": (
        "压缩包中有一个没有名称的条目，请重新打包",
        "an entry has no name; rebuild the archive",
    ),
    "bundle.name-not-utf8": (
        "条目 {entry} 的名称标记为 UTF-8 但内容不是有效的 UTF-8，请重新打包",
        "entry {entry} says that its name is UTF-8, but it is not; rebuild the archive",
    ),
    "bundle.name-encoding": (
        "条目 {entry} 的名称既不是 ASCII 也不是 UTF-8，不同软件会看到不同的文件名；"
        "请改用英文文件名，或用 7-Zip、.NET 等会写入 UTF-8 标记的工具打包",
        "the name of entry {entry} is neither ASCII nor UTF-8, so programs would read it differently; "
        "use an ASCII name, or a tool that marks UTF-8 names, such as 7-Zip or .NET",
    ),
    "bundle.name-control": (
        "条目 {entry} 的名称含有控制字符 {character}，请重命名",
        "the name of entry {entry} holds the control character {character}; rename it",
    ),
    "bundle.name-invisible": (
        "条目 {entry} 的名称含有不可见或未定义的字符 {character}，请重命名",
        "the name of entry {entry} holds the invisible or undefined character {character}; rename it",
    ),
    "bundle.name-backslash": (
        "条目 {entry} 的名称含有反斜杠，而压缩包中另有名称使用正斜杠；ZIP 内的路径请一律使用正斜杠 /",
        "the name of entry {entry} holds a backslash, and others in the archive a slash; write all paths with /",
    ),
    "bundle.main-backslash": (
        "plugin.json 的 main（{value}）用反斜杠分隔路径，已按正斜杠读取；其他系统上的宿主找不到它，请改用 /",
        "main in plugin.json ({value}) separates by backslashes, read as /; hosts elsewhere do not find it: write /",
    ),
    "bundle.name-illegal-character": (
        "条目 {entry} 的名称含有 Windows 不允许的字符 {character}，请重命名",
        "the name of entry {entry} holds {character}, which Windows does not allow; rename it",
    ),
    "bundle.name-reserved": (
        "条目 {entry} 使用了 Windows 保留的设备名（如 CON、NUL、COM1），请重命名",
        "entry {entry} uses a device name that Windows reserves, such as CON, NUL or COM1; rename it",
    ),
    "bundle.name-trailing": (
        "条目 {entry} 的路径中有以点或空格结尾的名称，Windows 会将其去掉，请重命名",
        "entry {entry} has a name that ends in a dot or a space, which Windows drops; rename it",
    ),
    "bundle.path-escapes": (
        "条目 {entry} 的路径越出了压缩包根目录，请去掉路径中的 ..",
        "entry {entry} leaves the archive's root; remove the .. from its path",
    ),
    "bundle.path-dot": (
        "条目 {entry} 的路径中含有 . 目录，请用标准工具重新打包",
        "the path of entry {entry} holds the directory .; rebuild the archive with a standard tool",
    ),
    "bundle.path-empty-component": (
        "条目 {entry} 的路径中有空的一级（连续的 /），请修正路径",
        "the path of entry {entry} has an empty part (two slashes in a row); correct it",
    ),
    "bundle.path-absolute": (
        "条目 {entry} 是绝对路径，请使用相对于压缩包根目录的路径",
        "entry {entry} is an absolute path; use one relative to the archive's root",
    ),
    "bundle.path-drive": (
        "条目 {entry} 的路径带有盘符，请使用相对于压缩包根目录的路径",
        "entry {entry} begins with a drive letter; use a path relative to the archive's root",
    ),
    "bundle.path-too-long": (
        "条目 {entry} 的路径超过 {limit} 字节，请缩短",
        "the path of entry {entry} is longer than {limit} bytes; shorten it",
    ),
    "bundle.path-too-deep": (
        "条目 {entry} 的目录层级超过 {limit} 级，请减少层级",
        "the path of entry {entry} is more than {limit} levels deep; make it flatter",
    ),
    "bundle.component-too-long": (
        "条目 {entry} 的路径中有一级名称超过 {limit} 字节，请缩短",
        "the path of entry {entry} has a name longer than {limit} bytes; shorten it",
    ),
    "bundle.duplicate-name": (
        "条目 {entry} 在压缩包中出现了多次，请只保留一个",
        "entry {entry} is in the archive more than once; keep one of them",
    ),
    "bundle.name-collides": (
        "条目 {entry} 与 {other} 仅有大小写、Unicode 形式或分隔符之别，在部分系统上是同一路径，请重命名其一",
        "entry {entry} and {other} differ only in case, Unicode form or separator and are one path on some "
        "systems; rename one of them",
    ),
    "bundle.file-as-directory": (
        "{other} 既是文件又被条目 {entry} 当作目录使用，请重命名其一",
        "{other} is a file, and entry {entry} uses it as a directory; rename one of them",
    ),
    # Headers.
    "bundle.encrypted": (
        "条目 {entry} 已加密，请不要为插件包设置密码",
        "entry {entry} is encrypted; build the package without a password",
    ),
    "bundle.unknown-flags": (
        "条目 {entry} 使用了不支持的 ZIP 特性（标志 {flags}），请用标准工具重新打包",
        "entry {entry} uses ZIP features that are not supported (flags {flags}); rebuild it with a standard tool",
    ),
    "bundle.method-unsupported": (
        "条目 {entry} 使用了不支持的压缩方法 {method}，请使用 Deflate 或仅存储",
        "entry {entry} uses compression method {method}; use deflate or store",
    ),
    "bundle.version-unsupported": (
        "条目 {entry} 要求 ZIP 格式版本 {version}，常用软件无法读取，请用标准工具重新打包",
        "entry {entry} asks for version {version} of the ZIP format; rebuild it with a standard tool",
    ),
    "bundle.special-file": (
        "条目 {entry} 不是普通文件（{kind}），插件包只能包含文件和目录",
        "entry {entry} is not a plain file ({kind}); a package holds files and directories only",
    ),
    "bundle.directory-with-content": (
        "目录条目 {entry} 带有内容，请重新打包",
        "directory entry {entry} has content; rebuild the archive",
    ),
    "bundle.directory-mismatch": (
        "条目 {entry} 的名称与属性对它是文件还是目录说法不一，请重新打包",
        "the name and the attributes of entry {entry} disagree on whether it is a directory; rebuild the archive",
    ),
    "bundle.extra-malformed": (
        "条目 {entry} 的附加字段格式错误，请重新打包",
        "the extra field of entry {entry} is malformed; rebuild the archive",
    ),
    "bundle.unicode-extra": (
        "条目 {entry} 用附加字段另给了一个名称或注释，不同软件会看到不同的文件名；请用会写入 UTF-8 标记的工具打包",
        "entry {entry} carries a second name or comment in an extra field, so programs would read it "
        "differently; use a tool that marks UTF-8 names instead",
    ),
    "bundle.local-missing": (
        "找不到条目 {entry} 的本地文件头，文件可能已损坏，请重新打包",
        "the local header of entry {entry} is not where it should be; rebuild the archive",
    ),
    "bundle.headers-disagree": (
        "条目 {entry} 的本地文件头与中央目录不一致（{what}），请重新打包",
        "the two headers of entry {entry} disagree ({what}); rebuild the archive",
    ),
    "bundle.overlap": (
        "条目 {entry} 的数据与 {other} 重叠，请重新打包",
        "the data of entry {entry} overlaps {other}; rebuild the archive",
    ),
    "bundle.hidden-data": (
        "条目 {entry} 之后有 {bytes} 字节不属于任何条目的数据，请重新打包",
        "{bytes} bytes behind entry {entry} belong to no entry; rebuild the archive",
    ),
    "bundle.descriptor-wrong": (
        "条目 {entry} 的数据描述符缺失或与中央目录不一致，请重新打包",
        "the data descriptor of entry {entry} is missing or contradicts the directory; rebuild the archive",
    ),
    # Content.
    "bundle.content-broken": (
        "条目 {entry} 的压缩数据已损坏，无法解压，请重新打包",
        "the compressed data of entry {entry} is damaged; rebuild the archive",
    ),
    "bundle.content-trailing": (
        "条目 {entry} 的压缩数据之后还有多余的字节，请重新打包",
        "bytes follow the compressed data of entry {entry}; rebuild the archive",
    ),
    "bundle.size-wrong": (
        "条目 {entry} 解压后的大小与声明的不同，请重新打包",
        "entry {entry} does not unpack to the size it declares; rebuild the archive",
    ),
    "bundle.crc-wrong": (
        "条目 {entry} 的校验和（CRC-32）不符，文件已损坏，请重新打包",
        "entry {entry} does not match its checksum (CRC-32); rebuild the archive",
    ),
    # plugin.json.
    "bundle.manifest-missing": (
        "压缩包根目录缺少 plugin.json，请添加",
        "plugin.json is missing; put it at the archive's root",
    ),
    "bundle.manifest-wrong-case": (
        "请将 {entry} 重命名为 plugin.json（区分大小写）",
        "rename {entry} to plugin.json; the name is case-sensitive",
    ),
    "bundle.manifest-in-folder": (
        "plugin.json 位于子目录中（{entry}），请打包文件夹里的内容而不是文件夹本身",
        "plugin.json is inside a folder ({entry}); zip the folder's content, not the folder",
    ),
    "bundle.manifest-too-large": (
        "plugin.json 超过 {limit} 字节，请精简",
        "plugin.json is larger than {limit} bytes; shorten it",
    ),
    "bundle.manifest-not-utf8": (
        "plugin.json 不是 UTF-8 编码，请另存为 UTF-8",
        "plugin.json is not UTF-8; save it as UTF-8",
    ),
    "bundle.manifest-not-json": (
        "plugin.json 不是有效的 JSON：第 {line} 行第 {column} 列有语法错误",
        "plugin.json is not valid JSON: see line {line}, column {column}",
    ),
    "bundle.manifest-not-object": (
        "plugin.json 的最外层必须是一个 JSON 对象 {{…}}",
        "plugin.json has to be one JSON object {{…}}",
    ),
    "bundle.manifest-too-deep": (
        "plugin.json 的嵌套超过 {limit} 层，请简化",
        "plugin.json is nested more than {limit} levels deep; simplify it",
    ),
    "bundle.manifest-too-complex": (
        "plugin.json 的元素超过 {limit} 个，请简化",
        "plugin.json has more than {limit} elements; simplify it",
    ),
    "bundle.manifest-duplicate-key": (
        "plugin.json 中的键 {key} 重复，请只保留一个",
        "plugin.json has the key {key} twice; keep one of them",
    ),
    "bundle.manifest-number": (
        "plugin.json 中的数值 {number} 超出范围或不是 JSON 数值，请修正",
        "plugin.json holds the number {number}, which is out of range or not JSON; correct it",
    ),
    "bundle.manifest-nul": (
        "plugin.json 的文本中含有空字符 (U+0000)，请删除",
        "a text in plugin.json holds a NUL character; remove it",
    ),
    "bundle.manifest-surrogate": (
        "plugin.json 的文本中含有不成对的代理字符（如 \\ud800），请修正",
        "a text in plugin.json holds an unpaired surrogate such as \\ud800; correct it",
    ),
    "bundle.field-required": (
        "plugin.json 缺少必需字段 {field}，请填写",
        "plugin.json needs the field {field}; fill it in",
    ),
    "bundle.field-not-text": (
        "plugin.json 的字段 {field} 必须是字符串",
        "the field {field} of plugin.json has to be a string",
    ),
    "bundle.field-not-object": (
        "plugin.json 的字段 {field} 必须是“名称：版本范围”的对象",
        "the field {field} of plugin.json has to be an object of names to version ranges",
    ),
    "bundle.field-too-long": (
        "plugin.json 的字段 {field} 超过 {limit} 个字符，请缩短",
        "the field {field} of plugin.json is longer than {limit} characters; shorten it",
    ),
    "bundle.field-too-many": (
        "plugin.json 的字段 {field} 有 {count} 项，超过上限 {limit} 项",
        "the field {field} of plugin.json has {count} items, more than the {limit} allowed",
    ),
    "bundle.field-control": (
        "plugin.json 的字段 {field} 含有控制字符（如换行），请删除",
        "the field {field} of plugin.json holds a control character such as a line break; remove it",
    ),
    "bundle.field-invisible": (
        "plugin.json 的字段 {field} 没有可见字符",
        "the field {field} of plugin.json holds nothing that can be seen",
    ),
    "bundle.field-bidi": (
        "plugin.json 的字段 {field} 含有改变文字方向的控制字符，请删除",
        "the field {field} of plugin.json holds a character that changes the direction of text; remove it",
    ),
    "bundle.field-bidi-prose": (
        "plugin.json 的字段 {field} 含有强制改变文字方向的控制字符，或未成对的嵌入、隔离字符，请删除",
        "the field {field} of plugin.json overrides the direction of text, or leaves an embedding or isolate open; "
        "remove these characters",
    ),
    "bundle.field-plugin-name": (
        "插件名 {value} 无效，请使用反向域名格式，例如 com.example.myplugin",
        "{value} is not a plugin name; use the reverse domain form, such as com.example.myplugin",
    ),
    "bundle.field-device-name": (
        "插件名 {value} 中的 {device} 是 Windows 保留的设备名（如 CON、NUL、COM1），请改名",
        "{device} in the plugin name {value} is a device name that Windows reserves, such as con, nul or com1; "
        "choose another name",
    ),
    "bundle.field-version": (
        "版本号 {value} 不符合语义化版本规范，请使用类似 1.0.0 或 1.0.0-beta.1 的形式",
        "{value} is not a semantic version; write it like 1.0.0 or 1.0.0-beta.1",
    ),
    "bundle.field-main": (
        "main 的值 {value} 无效，请填写压缩包内以 .dll 结尾的相对路径（用 / 分隔）",
        "{value} cannot be main; give the relative path of a .dll file in the archive, with / between folders",
    ),
    "bundle.field-entry-class": (
        "entryClass 的值 {value} 无效，请填写完全限定类名，例如 MyPlugin.PluginEntry",
        "{value} cannot be entryClass; give a fully qualified class name, such as MyPlugin.PluginEntry",
    ),
    "bundle.field-homepage": (
        "homepage 的值 {value} 无效，请填写不含用户名和密码的 http(s) 地址",
        "{value} cannot be homepage; give an http(s) address without user name or password",
    ),
    "bundle.field-range": (
        "plugin.json 的 {field} 的版本范围 {value} 无效，请使用类似 >=1.0.0、^1.2.0 或 1.x 的形式",
        "{value} is not a version range ({field} of plugin.json); write it like >=1.0.0, ^1.2.0 or 1.x",
    ),
    "bundle.field-duplicate": (
        "plugin.json 的 {field} 与 {other} 仅大小写不同，请只保留一个",
        "{field} of plugin.json differs from {other} only in case; keep one of them",
    ),
    "bundle.dependency-name": (
        "依赖的插件名 {value} 无效，请使用反向域名格式，例如 com.example.myplugin",
        "{value} in dependencies is not a plugin name; use the form com.example.myplugin",
    ),
    "bundle.engine-name": (
        "engines 中的名称 {value} 无效，请使用不含控制字符的简短名称，例如 MicroDock",
        "{value} in engines is not an engine name; use a short plain one, such as MicroDock",
    ),
    # The main DLL.
    "bundle.main-missing": (
        "压缩包中找不到 plugin.json 的 main 指定的文件 {value}，请添加该文件或修正 main",
        "the archive does not hold {value}, the main of plugin.json; add the file or correct main",
    ),
    "bundle.main-wrong-case": (
        "plugin.json 的 main 写作 {value}，而压缩包中的文件是 {entry}，请统一大小写",
        "main of plugin.json says {value}, but the file in the archive is {entry}; make the case agree",
    ),
    "bundle.assembly-not-managed": (
        "{entry} 不是 .NET 程序集（{detail}），请使用编译出的托管 DLL",
        "{entry} is not a .NET assembly ({detail}); use the managed DLL that the build makes",
    ),
    "bundle.assembly-entry-class-missing": (
        "{entry} 中没有 entryClass 指定的类 {entry_class}，请修正 entryClass 或 main",
        "{entry} does not hold {entry_class}, the entryClass of plugin.json; correct entryClass or main",
    ),
    "bundle.assembly-unreadable": (
        "无法读取 {entry} 的 .NET 元数据（{detail}），请重新编译后打包",
        "the .NET metadata of {entry} cannot be read ({detail}); build it again",
    ),
}
