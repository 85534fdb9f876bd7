"""Help about rules for values in requests, and about needs of plans that contradict each other."""

from __future__ import annotations

from typing import Final

from .shared import NO_PLAN, ON_RECORD, REFUSED, RuleHelp

REQUEST_VALUES: Final[dict[str, RuleHelp]] = {
    "plugin_name": RuleHelp(
        ("不是插件名", "Not a plugin's name"),
        (
            "应是反向域名的形式，例如 com.example.myplugin，最长 100 个字符。",
            "It has to be in reverse domain form such as com.example.myplugin, of at most 100 characters.",
        ),
        REFUSED,
        (
            "写插件的完整名称，与 plugin.json 中的 name 一致。",
            "Write the plugin's whole name, as in name of its plugin.json.",
        ),
    ),
    "plugin_id": RuleHelp(
        ("不是插件的编号", "Not a plugin's id"),
        (
            "值不是插件编号的格式，可能把名称写到了编号的位置。",
            "The value does not look like an id; perhaps a name was given instead.",
        ),
        REFUSED,
        ("使用接口答复中的 id。", "Use the id from an answer of the API."),
    ),
    "version_range": RuleHelp(
        ("不是版本范围", "Not a range of versions"),
        (
            "应是 npm 写法的版本范围，例如 ^1.0.0、>=1.2.0 <2.0.0 或 1.x。",
            "It has to be a range as npm writes it, such as ^1.0.0, >=1.2.0 <2.0.0 or 1.x.",
        ),
        REFUSED,
        ("按这些写法改正；任意版本写 *。", "Write it so; any version is *."),
    ),
    "engine_version": RuleHelp(
        ("不是宿主的版本号", "Not a host's version"),
        (
            "应是一到四段数字的版本号，例如 3.0 或 1.2.3.0。",
            "It has to be a version of one to four numbers, such as 3.0 or 1.2.3.0.",
        ),
        REFUSED,
        ("写宿主的版本号，不带名称和 v。", "Write the host's version without its name or a v."),
    ),
    "version": RuleHelp(
        ("不是语义化版本", "Not a semantic version"),
        (
            "应是三段数字，可加预发布部分，例如 1.0.0 或 1.0.0-beta.1。",
            "It has to be three numbers, with a prerelease part if wanted, such as 1.0.0 or 1.0.0-beta.1.",
        ),
        REFUSED,
        ("补足三段，去掉开头的 v 和第四段。", "Give three numbers, without a leading v or a fourth."),
    ),
    "sha256": RuleHelp(
        ("不是 SHA-256", "Not a SHA-256"),
        (
            "应是 64 位十六进制数字，收到的长度或字符不对，例如是 Base64 的写法。",
            "It has to be 64 hexadecimal digits; perhaps it was written in base64.",
        ),
        REFUSED,
        (
            "用 sha256sum 或 Get-FileHash 计算，写成十六进制。",
            "Take what sha256sum or Get-FileHash gives, in hexadecimal.",
        ),
    ),
    "plugin_key": RuleHelp(
        ("上传密钥格式不对", "Not a key for uploads"),
        (
            "应是 1 到 256 个字母、数字、下划线或连字符。",
            "It has to be 1 to 256 letters, digits, underscores or hyphens.",
        ),
        REFUSED,
        ("检查复制时是否带上了空格或换行。", "See whether a blank or line break was copied with it."),
    ),
    "user_key": RuleHelp(
        ("用户密钥格式不对", "Not a user's key"),
        (
            "应以字母或数字开头，最长 256 个字符，只含字母、数字、下划线、点和连字符。",
            "It has to begin with a letter or digit and hold at most 256 letters, digits, underscores, dots "
            "and hyphens.",
        ),
        REFUSED,
        ("检查复制时是否带上了空格或换行。", "See whether a blank or line break was copied with it."),
    ),
    "type_name": RuleHelp(
        ("不是 .NET 类型名", "Not the name of a .NET type"),
        (
            "应是命名空间加类型的完整名称，例如 MicroDock.Plugin.IMicroDockPlugin。",
            "It has to be a type's full name with its namespace, such as MicroDock.Plugin.IMicroDockPlugin.",
        ),
        REFUSED,
        (
            "写 typeof(类型).FullName 的值，不带程序集名。",
            "Write what typeof(T).FullName gives, without the assembly.",
        ),
    ),
    "assembly_name": RuleHelp(
        ("不是程序集名", "Not the name of an assembly"),
        (
            "应是程序集的简单名称，例如 MicroDock.Plugin，不含 .dll、版本和路径。",
            "It has to be an assembly's simple name such as MicroDock.Plugin, without .dll, version or path.",
        ),
        REFUSED,
        ("去掉扩展名和其余部分。", "Remove the ending and everything else."),
    ),
    "target_framework": RuleHelp(
        ("不是目标框架", "Not a target framework"),
        (
            "应是 csproj 中 TargetFramework 的写法，例如 net8.0、netcoreapp3.1 或 net48。",
            "It has to be written as TargetFramework in a csproj, such as net8.0, netcoreapp3.1 or net48.",
        ),
        REFUSED,
        ("改为这种写法，例如把 .NET 8 写成 net8.0。", "Write it so, for example net8.0 for .NET 8."),
    ),
    "prefix": RuleHelp(
        ("不是插件名的前缀", "Not the beginning of plugin names"),
        (
            "应是插件名开头的几段，例如 com.example。",
            "It has to be the first parts of plugin names, such as com.example.",
        ),
        REFUSED,
        ("去掉末尾的点和通配符。", "Leave out a dot or asterisk at its end."),
    ),
    "url": RuleHelp(
        ("不是可用的网址", "Not a usable address"),
        (
            "应是完整的 http 或 https 地址，不含用户名、密码、空格或反斜杠。",
            "It has to be a whole http or https address, without user name, password, blanks or backslashes.",
        ),
        REFUSED,
        ("写完整的地址，例如 https://example.com。", "Write the whole address, such as https://example.com."),
    ),
    "uuid": RuleHelp(
        ("不是 UUID", "Not a UUID"),
        (
            "应是 UUID，例如 3f2504e0-4f89-41d3-9a0c-0305e82c3301。",
            "It has to be a UUID, such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301.",
        ),
        REFUSED,
        ("使用接口答复中的编号，不要截断。", "Use the id from an answer of the API, whole."),
    ),
    "moment": RuleHelp(
        ("不是时间", "Not a moment"),
        (
            "应是 ISO 8601 的时间，例如 2024-01-01T00:00:00Z。",
            "It has to be an ISO 8601 time, such as 2024-01-01T00:00:00Z.",
        ),
        REFUSED,
        ("写完整的日期、时间和时区，UTC 写 Z。", "Write date, time and zone, with Z for UTC."),
    ),
    "moment_order": RuleHelp(
        ("结束早于开始", "The end is before the beginning"),
        (
            "结束时间不晚于开始时间，多半是两者写反了，或时区不同。",
            "The end is not after the beginning; the two were swapped, or have different zones.",
        ),
        REFUSED,
        ("改正时间的先后。", "Correct their order."),
    ),
    "amount": RuleHelp(
        ("不是金额", "Not an amount"),
        ("应是最多两位小数的金额。", "It has to be an amount with at most two decimals."),
        REFUSED,
        ("写成 9.90 这样的数值，不带货币符号。", "Write it like 9.90, without a currency sign."),
    ),
    "currency": RuleHelp(
        ("不是货币代码", "Not a currency code"),
        ("应是三个字母的货币代码，例如 USD 或 CNY。", "It has to be a code of three letters, such as USD or CNY."),
        REFUSED,
        ("写货币代码，不写符号。", "Write the code, not the sign."),
    ),
    "json": RuleHelp(
        ("不是 JSON", "Not JSON"),
        (
            "表单中的这个字段应是 JSON 文本，却无法解析。",
            "This field of the form has to be JSON and cannot be read as such.",
        ),
        REFUSED,
        ("用 JSON 库生成文本，不要手工拼接。", "Let a JSON library write it."),
    ),
    "file": RuleHelp(
        ("缺少文件", "The file is missing"),
        (
            "表单里没有这个名称的文件，或它是空的、不是以文件的形式发送的。",
            "The form has no file under this name, or it is empty or was not sent as a file.",
        ),
        REFUSED,
        (
            "用 multipart/form-data 发送，curl 中写 -F file=@plugin.zip。",
            "Send it as multipart/form-data; with curl, -F file=@plugin.zip.",
        ),
    ),
    "from_package": RuleHelp(
        ("此值取自插件包", "This is read from the package"),
        (
            "字段的值由 plugin.json 决定，不能在请求中更改。",
            "plugin.json decides this value, and a request cannot change it.",
        ),
        REFUSED,
        ("在 plugin.json 中修改，发布一个新版本。", "Change it in plugin.json and publish a new version."),
    ),
    "status": RuleHelp(
        ("不支持的目标状态", "Not a status to ask for"),
        (
            "请求要求的状态不能由这个接口设置，例如由审核来决定的状态。",
            "The status that was asked for cannot be set here, as reviews decide it for example.",
        ),
        REFUSED,
        (
            "使用接口文档列出的状态，或对应的审核操作。",
            "Use a status that the API's document lists, or the act of a review.",
        ),
    ),
    "current_revision": RuleHelp(
        ("内容已被别人修改", "Somebody else changed it"),
        (
            "请求的 If-Match 指明了修改所依据的修订号，而现在已是另一个；答复中有当前的修订号。",
            "If-Match names the revision that the change was based on, and by now there is another; the "
            "answer names it.",
        ),
        REFUSED,
        (
            "重新读取内容，把修改应用到新的内容上，再以新的修订号提交。",
            "Read it again, make the change there, and send it with the new revision.",
        ),
    ),
    "override_possible": RuleHelp(
        ("可以越权决定", "An override is possible"),
        (
            "您与这个插件有关，通常不能审核它；但现在没有其他可用的审核员。",
            "You are involved with this plugin and may usually not decide on it, but there is no other "
            "active reviewer.",
        ),
        ON_RECORD,
        (
            "尽量请别人审核；确有必要时，加上 override: true 和 reason 再次提交，这会公开记录下来。",
            "Let somebody else decide where you can; otherwise send it again with override: true and a "
            "reason, which is put on record.",
        ),
    ),
    "dependency": RuleHelp(
        ("某个插件的依赖无法满足", "A plugin's dependency cannot be met"),
        (
            "要一起安装的插件中，有一个依赖它的某些版本，而这与其他要求矛盾，或这些版本不提供给此宿主。",
            "Of the plugins that are to be together, one needs certain versions of this one, and that "
            "contradicts another need, or this host is offered none of them.",
        ),
        NO_PLAN,
        (
            "去掉答复中任意一项要求，其余就能成立：更新或移除那个插件，或请其开发者放宽范围。",
            "Without any one of the needs in the answer the rest fits: update or remove that plugin, or ask "
            "its developer for a wider range.",
        ),
    ),
    "install": RuleHelp(
        ("要安装的插件无法满足", "What is to be installed cannot be had"),
        (
            "请求要安装这个插件（或它的某些版本），但没有这个插件，或与其他要求矛盾。",
            "The request asks for this plugin, or for certain versions of it, which does not exist here or "
            "contradicts another need.",
        ),
        NO_PLAN,
        (
            "检查名称和范围，选择提供给此宿主的版本，或去掉答复中的另一项要求。",
            "Check name and range, choose versions that this host is offered, or drop another need in the answer.",
        ),
    ),
    "installed": RuleHelp(
        ("已安装的插件与之矛盾", "What is installed stands against it"),
        (
            "这个插件已经安装，应当保留，而保留它与其他要求矛盾。",
            "The plugin is installed and should stay, and that contradicts another need.",
        ),
        NO_PLAN,
        (
            "在请求中允许更新或移除它，或去掉另一项要求。",
            "Allow the request to update or remove it, or drop another need.",
        ),
    ),
    "pin": RuleHelp(
        ("固定的版本与之矛盾", "A pin stands against it"),
        (
            "请求把这个插件固定在某些版本，而其他要求需要别的版本。",
            "The request pins this plugin to certain versions, and another need asks for others.",
        ),
        NO_PLAN,
        ("取消或放宽固定，或去掉另一项要求。", "Remove or widen the pin, or drop another need."),
    ),
    "remove": RuleHelp(
        ("要移除的插件仍被需要", "What is to be removed is needed"),
        (
            "请求要移除这个插件，而另一个要保留或安装的插件依赖它。",
            "The request removes this plugin, and another one that stays or is installed depends on it.",
        ),
        NO_PLAN,
        ("把依赖它的插件一起移除，或保留它。", "Remove what depends on it as well, or keep it."),
    ),
}
