"""Help about rules for the headers and the content of a package's entries."""

from __future__ import annotations

from typing import Final

from .shared import DAMAGED, DIFFERENT_FILES, DIFFERENT_NAMES, REPACK, UTF8_NAMES, RuleHelp

ENTRIES: Final[dict[str, RuleHelp]] = {
    "encrypted": RuleHelp(
        ("条目已加密", "An entry is encrypted"),
        ("压缩包或其中的条目设置了密码。", "The archive, or an entry of it, was packed with a password."),
        (
            "加密的内容没有人能检查，宿主也无法解压。",
            "Nobody can inspect what is encrypted, and hosts cannot unpack it.",
        ),
        (
            "打包时不要设置密码。插件包是公开的，不要放入任何秘密。",
            "Pack without a password. A package is public: put no secrets into it.",
        ),
    ),
    "unknown-flags": RuleHelp(
        ("使用了不支持的 ZIP 特性", "ZIP features that are not supported"),
        (
            "条目的标志位里有除压缩级别、数据描述符和 UTF-8 以外的标志。这些特性很少见，常用软件大多不认识。",
            "The entry's flags have a bit set other than those for the level of compression, a data "
            "descriptor and UTF-8. Such features are rare, and common programs do not know them.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "method-unsupported": RuleHelp(
        ("不支持的压缩方法", "A compression method that is not supported"),
        (
            "条目使用了 Deflate 和“仅存储”以外的方法，例如 Deflate64、BZip2、LZMA 或 Zstandard。资源管理器压"
            "缩超过 2 GiB 的文件时会用 Deflate64。",
            "The entry uses another method than deflate or store, such as Deflate64, BZip2, LZMA or "
            "Zstandard. Windows Explorer uses Deflate64 for files above 2 GiB.",
        ),
        (
            "没有安全风险，但宿主可能无法解压，服务器也无法检查其内容。",
            "No security risk, but hosts may not unpack it, and the server cannot inspect it.",
        ),
        (
            "在 7-Zip 中把压缩方法设为 Deflate，或用 ZipFile.CreateFromDirectory 打包。",
            "Set the method to Deflate in 7-Zip, or pack with ZipFile.CreateFromDirectory.",
        ),
    ),
    "version-unsupported": RuleHelp(
        ("要求过高的 ZIP 版本", "It asks for too new a version of ZIP"),
        (
            "条目声明需要 6.3 以上版本的 ZIP 格式才能解压。普通文件只需要 2.0，大文件需要 4.5。",
            "The entry says that it needs a version of the ZIP format above 6.3. Plain files need 2.0, large ones 4.5.",
        ),
        ("没有安全风险，但常用软件可能拒绝解压。", "No security risk, but common programs may refuse to unpack it."),
        REPACK,
    ),
    "special-file": RuleHelp(
        ("不是普通文件", "Not a plain file"),
        (
            "条目是符号链接、设备、管道、重解析点或卷标。在 Linux 或 macOS 上用 zip -y 打包时，链接会原样存入。",
            "The entry is a symbolic link, a device, a pipe, a reparse point or a volume label. On Linux and "
            "macOS, zip -y stores links as links.",
        ),
        (
            "链接可以指向用户磁盘上的任意位置，之后解压的文件会写到那里。",
            "A link can point anywhere on the user's disk, and files that are unpacked later would be written there.",
        ),
        (
            "打包链接所指的文件本身：用 zip -r 而不加 -y，或先用 cp -rL 复制。",
            "Pack the files that the links point to: zip -r without -y, or copy them first with cp -rL.",
        ),
    ),
    "directory-with-content": RuleHelp(
        ("目录带有内容", "A folder that has content"),
        (
            "条目的名称以斜杠结尾，表示目录，却声明了内容。这是打包程序的错误。",
            "The entry's name ends in a slash, so it is a folder, and yet it declares content. That is a "
            "fault of the program that packed it.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "directory-mismatch": RuleHelp(
        ("名称与属性说法不一", "Name and attributes disagree"),
        (
            "名称说它是文件而属性说是目录，或相反。自己写 ZIP 属性的程序容易出错。",
            "The name says file and the attributes say folder, or the other way round. Programs that write "
            "the attributes themselves get this wrong.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "extra-malformed": RuleHelp(
        ("附加字段格式错误", "The extra field is malformed"),
        (
            "条目的附加字段（存放时间、ZIP64 等信息）长度不对，或超过 32 项。",
            "The entry's extra fields, which hold times, zip64 values and the like, have wrong lengths or "
            "are more than 32.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "unicode-extra": RuleHelp(
        ("附加字段另给了一个名称", "A second name in an extra field"),
        (
            "条目带有“Unicode 路径”字段，内容与名称不同；或带有“Unicode 注释”字段。一些旧工具用它来保存非英文名称。",
            "The entry has a Unicode path field that differs from its name, or a Unicode comment field. Some "
            "older tools keep names in other scripts there.",
        ),
        DIFFERENT_NAMES,
        UTF8_NAMES,
    ),
    "local-missing": RuleHelp(
        ("找不到条目的文件头", "The entry's own header is not there"),
        (
            "目录所指的位置没有这个条目的本地文件头。文件多半已损坏，或打包后被改动过。",
            "There is no local header where the directory says that the entry begins. The file is damaged, "
            "or was changed after it was packed.",
        ),
        DAMAGED,
        REPACK,
    ),
    "headers-disagree": RuleHelp(
        ("两处文件头不一致", "The two headers disagree"),
        (
            "ZIP 中每个文件有两个头：一个在数据之前，一个在目录里。它们的名称、标志、方法、校验和或大小不同。"
            "打包之后改写条目的工具会造成这种情况。",
            "Each file in a ZIP has two headers: before its data and in the directory. Their name, flags, "
            "method, checksum or size differ. Tools that edit an archive in place do this.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "overlap": RuleHelp(
        ("条目的数据互相重叠", "Entries overlap"),
        (
            "一个条目的数据伸入了下一个条目或目录。正常的打包工具不会这样；一些压缩炸弹靠它让同一段数据解压多次。",
            "The data of one entry reach into the next entry or into the directory. No normal tool does "
            "this; some zip bombs do, to unpack the same data many times.",
        ),
        (
            "很小的文件可以解压出极大的内容，耗尽用户或服务器的磁盘；不同软件还会读出不同的文件。",
            "A tiny file can unpack to enormous amounts and fill the disk of a user or of the server, and "
            "programs read different files.",
        ),
        REPACK,
    ),
    "hidden-data": RuleHelp(
        ("条目之间藏有数据", "Data between the entries"),
        (
            "一个条目结束之后还有不属于任何条目的字节。从压缩包中删除文件而没有整理，或为对齐数据而填充，都会"
            "留下它们。",
            "Bytes that belong to no entry stand behind one. Deleting files from an archive without "
            "rewriting it leaves them, and so does padding for alignment.",
        ),
        (
            "解压时看不到这些字节，它们却随包分发，可以藏任何东西，检查不会看它们。",
            "Unpacking does not show these bytes, and yet they are passed on with the package: anything can "
            "hide there, and no check looks at them.",
        ),
        REPACK,
    ),
    "descriptor-wrong": RuleHelp(
        ("数据描述符缺失或不符", "The data descriptor is missing or wrong"),
        (
            "边写边压缩的工具会在数据之后补记校验和与大小。这份记录缺失，或与目录不一致。",
            "Tools that compress while they write put checksum and sizes behind the data. That record is "
            "missing or differs from the directory.",
        ),
        DIFFERENT_FILES,
        (
            "把压缩包写到可定位的文件，而不是直接写到网络流；或用 7-Zip、Compress-Archive 重新打包。",
            "Write the archive to a file instead of straight to a network stream, or pack it again with "
            "7-Zip or Compress-Archive.",
        ),
    ),
    "content-broken": RuleHelp(
        ("压缩数据已损坏", "The compressed data are damaged"),
        (
            "条目的数据无法按 Deflate 解压，或没有到达结尾。多半是传输或存储时损坏。",
            "The entry's data cannot be inflated, or do not come to their end. They were mostly damaged on "
            "the way or on the disk.",
        ),
        DAMAGED,
        REPACK,
    ),
    "content-trailing": RuleHelp(
        ("压缩数据之后还有字节", "Bytes behind the compressed data"),
        (
            "条目的压缩数据已经结束，但声明的长度还没有用完。",
            "The compressed data of the entry end before the length that it declares.",
        ),
        (
            "多出的字节不会被解压，也就没有被检查，可以藏任何东西。",
            "The rest is never unpacked and so never inspected: anything can hide there.",
        ),
        REPACK,
    ),
    "size-wrong": RuleHelp(
        ("解压后的大小不符", "It unpacks to another size"),
        (
            "解压出的字节数与条目声明的不同。声明的大小用来决定是否安全，所以必须属实。",
            "The entry unpacks to more or fewer bytes than it declares. The declared size decides whether "
            "unpacking is safe, so it has to be true.",
        ),
        (
            "解压会超出预计的大小，或文件缺了一部分，插件无法加载。",
            "Unpacking may exceed what was expected, or part of a file is missing and the plugin does not load.",
        ),
        REPACK,
    ),
    "crc-wrong": RuleHelp(
        ("校验和不符", "The checksum is wrong"),
        (
            "解压出的内容与条目的 CRC-32 不符：文件已损坏，或打包后被改动过。",
            "The content does not match the entry's CRC-32: it was damaged, or changed after packing.",
        ),
        DAMAGED,
        REPACK,
    ),
}
