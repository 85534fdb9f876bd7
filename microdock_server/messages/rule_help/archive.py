"""Help about rules for a package's file as a whole: its end, its directory, its size."""

from __future__ import annotations

from typing import Final

from .shared import DAMAGED, DIFFERENT_FILES, EXHAUST, REPACK, RuleHelp

ARCHIVE: Final[dict[str, RuleHelp]] = {
    "not-a-zip": RuleHelp(
        ("不是 ZIP 文件", "Not a ZIP file"),
        (
            "文件里找不到 ZIP 的结束记录，开头也不是 ZIP 的标记。常见原因是选错了文件，或把 7z、RAR、tar.gz "
            "改名成了 .zip。",
            "The file has no ZIP end record and does not begin like a ZIP file. Usually another file was "
            "chosen, or a 7z, RAR or tar.gz file was renamed to .zip.",
        ),
        ("没有危险，只是服务器和宿主都无法打开它。", "None; neither the server nor a host can open it."),
        (
            "用 dotnet publish 编译，再把输出文件夹的内容压缩为 ZIP：资源管理器的“压缩为 ZIP 文件”、7-Zip 的 "
            "zip 格式或 PowerShell 的 Compress-Archive 都可以。",
            "Build with dotnet publish and compress the content of the output folder as ZIP, with Windows "
            "Explorer, with 7-Zip in its zip format, or with Compress-Archive in PowerShell.",
        ),
    ),
    "truncated": RuleHelp(
        ("ZIP 文件不完整", "The ZIP file is cut off"),
        (
            "文件开头是 ZIP，但末尾的结束记录缺失或不完整。多半是下载、复制或上传中途断开，或磁盘已满时打的包。",
            "The file begins as a ZIP, but the record at its end is missing or incomplete. Usually a copy, a "
            "download or a build stopped half-way, often because a disk was full.",
        ),
        DAMAGED,
        (
            "重新打包，用 unzip -t 或 7-Zip 的“测试”确认压缩包完好，再完整上传。",
            "Build the archive again, test it with unzip -t or with Test in 7-Zip, and upload the whole file.",
        ),
    ),
    "trailing-data": RuleHelp(
        ("ZIP 末尾之后还有数据", "Data behind the end of the ZIP"),
        (
            "ZIP 的结束记录之后还有多余的字节。签名工具、上传脚本或文件拼接会留下它们。",
            "More bytes follow the end record of the archive. Signing tools, upload scripts, or joining "
            "files leave them there.",
        ),
        DIFFERENT_FILES,
        (
            "直接上传打包工具生成的文件，不要再往后追加任何内容；签名请放进包内或单独发布。",
            "Upload the file as the tool wrote it and append nothing; put a signature inside the archive or "
            "publish it separately.",
        ),
    ),
    "leading-data": RuleHelp(
        ("ZIP 之前还有数据", "Data before the ZIP"),
        (
            "第一个条目之前有不属于压缩包的字节，自解压程序就是这样：前面是一个程序，后面才是压缩包。",
            "Bytes that belong to no entry stand before the first one. A self-extracting file is built so: a "
            "program first, the archive behind it.",
        ),
        (
            "同一个文件既能当程序运行，又能当压缩包解压，前面的部分不会被当作插件内容检查。",
            "The same file can be run as a program and unpacked as an archive, and the part in front is not "
            "inspected as content of the plugin.",
        ),
        (
            "打包时选择普通的 ZIP 格式，不要选自解压（SFX）。",
            "Choose plain ZIP when you pack, not a self-extracting (SFX) archive.",
        ),
    ),
    "false-end": RuleHelp(
        ("结束记录不唯一或不一致", "The end record is not the only one, or wrong"),
        (
            "文件末尾附近有多个可用的结束记录，或记录所指的位置与目录的实际位置不符。把两个压缩包拼在一起，或"
            "在注释里写入二进制数据，都会这样。",
            "There are several usable end records near the end of the file, or the record does not point to "
            "where the directory really is. Two archives joined together look like this, and so do binary "
            "data in the comment.",
        ),
        DIFFERENT_FILES,
        (
            "删去压缩包的注释，用 7-Zip、Compress-Archive 或 ZipFile.CreateFromDirectory 重新打包。",
            "Remove the archive's comment and pack it again with 7-Zip, Compress-Archive or "
            "ZipFile.CreateFromDirectory.",
        ),
    ),
    "false-zip64": RuleHelp(
        ("ZIP64 结束记录缺失或矛盾", "The zip64 end record is missing or contradictory"),
        (
            "ZIP64 是大文件用的扩展记录。普通结束记录需要它却没有，或两者的数值不一致；含有扩展数据的 ZIP64 "
            "记录也不接受。",
            "Zip64 is an extra record for large archives. The plain end record refers to one that is not "
            "there, or the two give different numbers; zip64 records with extensible data are not accepted "
            "either.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "false-zip64-entry": RuleHelp(
        ("条目的 ZIP64 信息无效", "An entry's zip64 information is invalid"),
        (
            "这个条目的大小或位置指向 ZIP64 附加字段，而该字段缺失、重复、长度不对，或与文件头不一致。自制的"
            "打包程序常犯这个错误。",
            "The entry's size or place refers to a zip64 extra field that is missing, repeated, of the wrong "
            "length, or different from the header. Home-made ZIP writers often get this wrong.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "multi-disk": RuleHelp(
        ("分卷压缩包", "A split archive"),
        (
            "结束记录或某个条目说压缩包分成了多个文件。通常是打包时设置了“分卷大小”。",
            "The end record or an entry says that the archive is spread over several files. Usually a volume "
            "size was set when it was packed.",
        ),
        ("没有危险，只是缺少其余各卷，插件不完整。", "None; without its other parts the plugin is not complete."),
        (
            "打包时把分卷大小留空，生成单个 ZIP 文件；用 zip 命令时不要加 -s。",
            "Leave the volume size empty and make one ZIP file; with the zip command, leave out -s.",
        ),
    ),
    "directory-broken": RuleHelp(
        ("ZIP 目录损坏", "The ZIP directory is damaged"),
        (
            "中央目录是 ZIP 末尾的文件清单。它声明的条目数与能读到的不同，或没有在应有的位置结束。",
            "The central directory is the list of files at the end of a ZIP. It promises another number of "
            "entries than can be read, or does not end where it should.",
        ),
        DIFFERENT_FILES,
        REPACK,
    ),
    "too-many-problems": RuleHelp(
        ("问题太多，未全部列出", "More problems than are listed"),
        (
            "检查器最多列出 100 个问题，之后只说明还有更多。一个打包错误往往会在每个条目上重复出现。",
            "The inspector lists at most 100 problems and then says that there are more. One mistake in "
            "packing often shows at every entry.",
        ),
        ("没有危险，只是修正之后可能还会看到新的问题。", "None; after mending these you may be shown others."),
        (
            "先修正已列出的问题，再检查一次；可以用试运行接口（POST /api/plugins/validate），不会发布任何内容。",
            "Mend what is listed and check again; the dry run (POST /api/plugins/validate) publishes nothing.",
        ),
    ),
    "too-many-entries": RuleHelp(
        ("条目过多", "Too many entries"),
        (
            "压缩包的文件和目录总数超过上限（设置 PACKAGE_MAX_ENTRIES，默认 10000）。常见原因是把 "
            "node_modules、obj 或整个源代码目录打了进去。",
            "The archive has more files and folders than allowed (setting PACKAGE_MAX_ENTRIES, 10,000 by "
            "default). Usually node_modules, obj or the whole source tree was packed.",
        ),
        EXHAUST,
        (
            "只打包 dotnet publish 的输出；大量小文件可以作为嵌入资源（EmbeddedResource）放进程序集。确有需要"
            "时，请管理员调高上限。",
            "Pack only what dotnet publish puts out; embed many small files in an assembly as "
            "EmbeddedResource. If they are needed, ask the administrator for a higher limit.",
        ),
    ),
    "unpacked-too-large": RuleHelp(
        ("解压后过大", "It unpacks to too much"),
        (
            "所有条目声明的大小合计超过上限（设置 PACKAGE_MAX_UNPACKED，默认 1 GiB）。",
            "The declared sizes of all entries together exceed the limit (setting PACKAGE_MAX_UNPACKED, 1 "
            "GiB by default).",
        ),
        EXHAUST,
        (
            "去掉调试符号、示例数据和其他平台的运行库：在 csproj 中设 DebugType 为 none，用 -r 指定一个运行时"
            "标识，--self-contained false。大的数据可以在首次运行时下载。",
            "Leave out debug symbols, sample data and libraries for other systems: DebugType none in the "
            "csproj, one runtime with -r, and --self-contained false. Large data can be downloaded on first "
            "use.",
        ),
    ),
    "ratio-too-high": RuleHelp(
        ("单个文件的压缩比过高", "One file is compressed too much"),
        (
            "这个条目解压后大于 10 MiB，且大小超过压缩数据的若干倍（设置 PACKAGE_MAX_RATIO，默认 200）。几乎"
            "全是零或重复内容的文件会这样。",
            "The entry unpacks to more than 10 MiB and to more than so many times its packed size (setting "
            "PACKAGE_MAX_RATIO, 200 by default). Files of zeros or of endless repetition do that.",
        ),
        EXHAUST,
        (
            "不要打包空白的数据库或占位文件，由插件首次运行时生成；或改用本身已压缩的格式保存该文件。",
            "Do not pack blank databases or placeholder files, but let the plugin make them on first use; or "
            "keep the file in a format that is compressed already.",
        ),
    ),
    "total-ratio-too-high": RuleHelp(
        ("整体压缩比过高", "The whole archive is compressed too much"),
        (
            "没有单个文件超限，但全部内容解压后大于 10 MiB，且超过压缩后大小的若干倍（设置 PACKAGE_MAX_RATIO，"
            "默认 200）。",
            "No single file is over the limit, but all together unpack to more than 10 MiB and more than so "
            "many times their packed size (setting PACKAGE_MAX_RATIO, 200 by default).",
        ),
        EXHAUST,
        (
            "去掉大量内容相同或空白的文件，由插件在首次运行时生成。",
            "Leave out the many files that are blank or repeat each other, and let the plugin make them on first use.",
        ),
    ),
}
