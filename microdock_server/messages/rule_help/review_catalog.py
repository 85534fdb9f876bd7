"""Help about findings of automatic review on names, documents, size and requirements."""

from __future__ import annotations

from typing import Final

from .shared import RuleHelp

REVIEW_CATALOG: Final[dict[str, RuleHelp]] = {
    "lookalike": RuleHelp(
        ("名称与别的插件相似", "The name looks like another plugin's"),
        (
            "插件名与别人的插件看起来相同（例如用 1 代替 l，或用西里尔字母），只差一两个字符，或显示名称相同。"
            "自己的插件之间不比较。",
            "The name looks the same as somebody else's (1 for l, or Cyrillic letters), differs by one or "
            "two characters, or the display name is the same. Plugins of one owner are not compared.",
        ),
        (
            "用户可能把它当成那个插件装上；冒充知名插件是传播恶意代码的常见方法。",
            "Users may install it for the other one; passing for a known plugin is a common way to spread malware.",
        ),
        (
            "换一个不易混淆的名称；两者都是你的，请在描述中说明，或用同一个账号发布。",
            "Choose a name that is not confused with it; if both are yours, say so or publish with one account.",
        ),
    ),
    "no_description": RuleHelp(
        ("描述缺失或太短", "The description is missing or too short"),
        (
            "plugin.json 的 description 去掉首尾空白后少于 20 个字符。",
            "description in plugin.json has fewer than 20 characters, without blanks at its ends.",
        ),
        ("没有危险，只是用户看不出它有什么用。", "None; users cannot tell what the plugin is for."),
        ("用一两句话写明它做什么、给谁用。", "Say in one or two sentences what it does and for whom."),
    ),
    "no_readme": RuleHelp(
        ("没有 README", "There is no README"),
        (
            "压缩包的根目录和 docs 文件夹里都没有以 readme 开头的文件（不区分大小写）。",
            "Neither the archive's root nor its folder docs has a file whose name begins with readme, in any case.",
        ),
        ("没有危险，只是用户找不到使用说明。", "None; users find no instructions."),
        (
            "在项目中加入 README.md，并在 csproj 中设 CopyToOutputDirectory，使它进入输出文件夹。",
            "Add a README.md, with CopyToOutputDirectory in the csproj so that it reaches the output folder.",
        ),
    ),
    "no_changelog": RuleHelp(
        ("没有更新日志", "There is no changelog"),
        (
            "plugin.json 没有 changelog，压缩包的根目录和 docs 里也没有以 changelog、changes 或 history 开头的文件。",
            "plugin.json has no changelog, and neither the root nor docs has a file whose name begins with "
            "changelog, changes or history.",
        ),
        ("没有危险，只是用户更新前不知道改了什么。", "None; users cannot see what an update changes."),
        (
            "在 plugin.json 的 changelog 中写明这个版本的变化。",
            "Write into changelog in plugin.json what this version changes.",
        ),
    ),
    "no_license": RuleHelp(
        ("没有许可证", "There is no licence"),
        (
            "plugin.json 没有 license，压缩包的根目录和 docs 里也没有以 license、licence 或 copying 开头的文件。",
            "plugin.json has no license, and neither the root nor docs has a file whose name begins with "
            "license, licence or copying.",
        ),
        (
            "没有安全风险；没有许可证，别人使用、修改和分发它的权利不明。",
            "No security risk; without a licence it is not clear what others may do with it.",
        ),
        (
            "在 plugin.json 的 license 中写许可证的名称，例如 MIT，并附上 LICENSE 文件。",
            "Name the licence in license in plugin.json, such as MIT, and add a LICENSE file.",
        ),
    ),
    "large_package": RuleHelp(
        ("插件包较大", "The package is large"),
        (
            "压缩包超过 50 MiB。上传的上限另由设置 MAX_UPLOAD_SIZE 决定。",
            "The archive is larger than 50 MiB. What may be uploaded at all is set by MAX_UPLOAD_SIZE.",
        ),
        ("没有危险，只是下载和更新要更久。", "None; downloads and updates take longer."),
        (
            "去掉调试符号和其他平台的运行库：DebugType 为 none，dotnet publish 用 -r 和 --self-contained false。",
            "Leave out debug symbols and libraries for other systems: DebugType none, and dotnet publish "
            "with -r and --self-contained false.",
        ),
    ),
    "large_unpacked": RuleHelp(
        ("解压后较大", "It unpacks to much"),
        ("全部文件解压后超过 200 MiB。", "All files together unpack to more than 200 MiB."),
        ("没有危险，只是占用用户的磁盘。", "None; it takes room on the user's disk."),
        (
            "去掉不需要的文件；大的数据在首次使用时下载。",
            "Leave out what is not needed, and download large data on first use.",
        ),
    ),
    "many_entries": RuleHelp(
        ("文件较多", "It holds many files"),
        ("压缩包中有 2000 个以上的文件。", "The archive holds more than 2,000 files."),
        (
            "没有危险，只是安装和启动会变慢，杀毒软件要逐个检查。",
            "None; installing and starting take longer, as virus scanners look at each.",
        ),
        (
            "把小文件作为嵌入资源放进程序集，或去掉不用的语言和平台：SatelliteResourceLanguages 设为需要的语言。",
            "Embed small files in an assembly, or leave out languages with SatelliteResourceLanguages in the csproj.",
        ),
    ),
    "dependency_unknown": RuleHelp(
        ("依赖的插件不存在", "A dependency does not exist"),
        (
            "审核时，这个服务器上没有已发布的、名称是它的插件。可能拼写有误、还没有发布，或已下架。",
            "When it was reviewed, no published plugin of that name was on this server. It may be "
            "misspelled, not yet published, or suspended.",
        ),
        (
            "没有安全风险，但宿主装不上依赖，插件用不了。以后别人也可以用这个名称发布。",
            "No security risk at first, but hosts cannot install it, and somebody else may later publish "
            "under that name.",
        ),
        ("检查拼写；先发布被依赖的插件，再提交这个版本。", "Check the spelling, and publish the other plugin first."),
    ),
    "dependency_unsatisfied": RuleHelp(
        ("没有合适的依赖版本", "No version of a dependency fits"),
        (
            "被依赖的插件存在，但已发布的版本都不在所写的范围内。",
            "The other plugin exists, but none of its published versions is in the range.",
        ),
        (
            "没有安全风险，但宿主装不上依赖，插件用不了。",
            "No security risk, but hosts cannot install it, so the plugin does not work.",
        ),
        (
            "放宽 dependencies 中的范围，或先发布合适的版本。",
            "Widen the range in dependencies, or publish a fitting version first.",
        ),
    ),
    "no_engines": RuleHelp(
        ("未声明支持的宿主版本", "No host versions are named"),
        (
            "plugin.json 没有 engines，服务器只好认为它适合任何宿主。",
            "plugin.json has no engines, so the server has to think that any host fits.",
        ),
        (
            "没有安全风险，但它会提供给不合适的宿主，装上后可能出错。",
            "No security risk, but it is offered to hosts that it may not fit, and may fail there.",
        ),
        (
            '写明最低的宿主版本，例如 engines 里写 "MicroDock": ">=2.0.0"。',
            'Name the oldest host, such as "MicroDock": ">=2.0.0" in engines.',
        ),
    ),
    "engine_unsatisfiable": RuleHelp(
        ("没有宿主能满足的范围", "A range that no host can satisfy"),
        (
            "engines 中的范围自相矛盾，例如 >=2.0.0 <1.0.0，没有任何版本满足。",
            "A range in engines contradicts itself, such as >=2.0.0 <1.0.0: no version is in it.",
        ),
        ("没有安全风险，但它永远不会提供给任何宿主。", "No security risk, but it is never offered to any host."),
        ("改正范围的上下限；用 || 表示“或”。", "Correct the bounds, and write || for alternatives."),
    ),
    "engine_unknown": RuleHelp(
        ("未知的宿主", "An unknown host"),
        (
            "engines 里的名称不是 MicroDock，别的已发布的插件也没有写过它，多半是拼写错误。",
            "The name in engines is not MicroDock, and no other published plugin names it; it is mostly misspelled.",
        ),
        (
            "没有安全风险，但服务器不知道哪个宿主是它，限制可能不起作用。",
            "No security risk, but the server does not know which host is meant, and the limit may do nothing.",
        ),
        (
            "检查拼写，宿主的名称是 MicroDock（不区分大小写）。",
            "Check the spelling; the host is called MicroDock, in any case.",
        ),
    ),
}
