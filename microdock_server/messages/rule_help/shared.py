"""The form of a rule's help, and texts that several rules share. Every text is (Chinese, English)."""

from __future__ import annotations

from typing import Final, NamedTuple

Text = tuple[str, str]


class RuleHelp(NamedTuple):
    """What a developer is told about a rule.

    `cause`: what is checked, and how it usually comes about. `danger`: what could go wrong for the plugin's users or
    for the server. `remedy`: what to do.
    """

    title: Text
    cause: Text
    danger: Text
    remedy: Text


# Dangers.
DIFFERENT_FILES: Final[Text] = (
    "不同的软件会从同一个压缩包里读出不同的文件：审核时看到的可能不是用户装上的，恶意代码可以借此藏身。",
    "Programs read different files out of one archive: what was reviewed may not be what a user installs, and harmful "
    "code could hide in the difference.",
)
DIFFERENT_NAMES: Final[Text] = (
    "不同的软件会看到不同的文件名：检查过的文件可能以别的名称装上，插件也可能找不到自己的文件。",
    "Programs see different file names: what was checked may be installed under another name, and the plugin may not "
    "find its own files.",
)
DAMAGED: Final[Text] = (
    "包里的文件可能已损坏或缺失，插件可能无法加载或运行出错。这本身不说明有恶意。",
    "Files may be damaged or missing, so the plugin may not load or may misbehave. By itself it is no sign of bad "
    "intent.",
)
EXHAUST: Final[Text] = (
    "解压这样的包可能耗尽用户或服务器的磁盘、内存或时间。",
    "Unpacking such a package may use up disk, memory or time of a user or of the server.",
)
NOT_ON_WINDOWS: Final[Text] = (
    "没有安全风险，但在 Windows 上可能无法解压，插件装不上或不完整。",
    "No security risk, but Windows may not unpack it, and the plugin would be missing or incomplete.",
)
OUTSIDE: Final[Text] = (
    "解压时可能写到插件文件夹之外，覆盖用户的文件或换掉别的程序。",
    "Unpacking may write outside the plugin's folder, over the user's files or in place of other programs.",
)
UNUSABLE: Final[Text] = (
    "没有安全风险，只是服务器和宿主无法使用这个插件包。",
    "No security risk, but neither the server nor a host can use the package.",
)
SERVER_COST: Final[Text] = (
    "读取或显示它会占用服务器过多的时间或内存，拖慢所有人。",
    "Reading or showing it would take too much of the server's time or memory, and slow everybody down.",
)
ONLY_SHOWN: Final[Text] = (
    "没有安全风险，只是列表和页面放不下。",
    "No security risk, but lists and pages have no room for it.",
)
NO_LOAD: Final[Text] = (
    "没有安全风险，但宿主无法加载这个插件，用户装上后用不了。",
    "No security risk, but hosts cannot load the plugin: users would install something that does not work.",
)
REFUSED: Final[Text] = (
    "没有危险：请求被拒绝，服务器上的内容没有改变。",
    "None: the request was refused, and nothing on the server changed.",
)
NO_PLAN: Final[Text] = (
    "没有危险：没有做出方案，宿主上的插件没有改变。",
    "None: no plan was made, and the host's plugins did not change.",
)
ON_RECORD: Final[Text] = (
    "自己审核自己的插件，问题容易被忽略，用户也会怀疑决定是否公正。",
    "Whoever decides on their own plugin overlooks faults more easily, and users may doubt that it was fair.",
)

# Remedies.
REPACK: Final[Text] = (
    "删除旧的压缩包，用标准工具重新打包：ZipFile.CreateFromDirectory、Compress-Archive、7-Zip（zip 格式）或 zip 命令。",
    "Delete the archive and pack it anew with a standard tool: ZipFile.CreateFromDirectory, Compress-Archive, 7-Zip in "
    "its zip format, or the zip command.",
)
UTF8_NAMES: Final[Text] = (
    "文件名只用英文字母、数字和连字符，或改用会写入 UTF-8 标记的工具，如 .NET 的 ZipFile，或 7-Zip（参数 -mcu=on）。",
    "Use ASCII file names, or a tool that marks UTF-8 names, such as ZipFile of .NET, or 7-Zip with -mcu=on.",
)
