"""Texts about findings of automatic review, and recommendations."""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, tuple[str, str]]] = {
    "rule.archive": ("压缩包检查发现问题：{problem}", "The archive breaks a rule: {problem}"),
    "rule.package_warning": ("插件包有需要留意之处：{problem}", "Worth a look in the package: {problem}"),
    "rule.malware": ("检测到恶意代码：{signature}", "Malware was found: {signature}"),
    "rule.scan_failed": ("病毒扫描失败：{detail}", "The virus scan failed: {detail}"),
    "rule.scan_not_run": ("未进行病毒扫描", "No virus scan was run"),
    "rule.uses_process": (
        "调用了启动或控制进程的接口（{count} 处）",
        "Uses APIs that start or control processes ({count})",
    ),
    "rule.uses_registry": ("访问了 Windows 注册表（{count} 处）", "Uses the Windows registry ({count})"),
    "rule.uses_reflection_emit": ("在运行时生成代码（{count} 处）", "Makes code at run time ({count})"),
    "rule.uses_dynamic_loading": ("在运行时加载程序集（{count} 处）", "Loads assemblies at run time ({count})"),
    "rule.uses_native_code": ("调用了本机代码接口（{count} 处）", "Uses APIs for native code ({count})"),
    "rule.uses_network": ("访问了网络（{count} 处）", "Uses the network ({count})"),
    "rule.uses_com": ("通过 COM 激活其他程序（{count} 处）", "Activates other programs through COM ({count})"),
    "rule.uses_unsafe_deserialization": (
        "使用了不安全的反序列化（{count} 处）",
        "Uses deserialization that can run what it reads ({count})",
    ),
    "rule.incomplete": (
        "审核不完整：{count} 处未能读完（{reason}）",
        "The review is incomplete: {count} not read to the end ({reason})",
    ),
    "reason.confusable": ("看起来相同", "they look the same"),
    "reason.edit_distance": ("只差几个字符", "a few characters apart"),
    "reason.same_display_name": ("显示名称相同", "the same display name"),
    "reason.rows": ("元数据表过长", "metadata tables that are too long"),
    "reason.unreadable": ("内容无法读取", "content that cannot be read"),
    "reason.too_large": ("内容过大", "content that is too large"),
    "reason.too_many": ("数量过多", "too many of them"),
    "reason.too_long": ("审核时间过长", "it took too long"),
    "reason.not_unpacked": ("压缩格式无法解开", "packed in a way that is not unpacked here"),
    "reason.too_deep": ("嵌套过深", "packed inside one another too deeply"),
    "rule.native_library": ("包含本机库（{count} 个）", "Holds native libraries ({count})"),
    "rule.executable": ("包含可执行程序（{count} 个）", "Holds programs ({count})"),
    "rule.managed_executable": ("包含 .NET 可执行程序（{count} 个）", "Holds .NET programs ({count})"),
    "rule.script": ("包含脚本或快捷方式（{count} 个）", "Holds scripts or shortcuts ({count})"),
    "rule.nested_archive": ("包含无法查看的压缩包（{count} 个）", "Holds archives that are not looked into ({count})"),
    "rule.disguised_assembly": (
        "程序集使用了其他扩展名（{count} 个）",
        "Holds assemblies whose names do not say so ({count})",
    ),
    "rule.embedded_assembly": (
        "程序集嵌入在其他文件中（{count} 个）",
        "Holds assemblies inside other files ({count})",
    ),
    "rule.hidden_code": (
        "包含无法读取的数据（{count} 处，加密或未知压缩），且代码会将字节加载为程序集",
        "Holds data that cannot be read ({count}: encrypted, or packed in an unknown way), and loads bytes as code",
    ),
    "rule.obfuscated": (
        "大量名称不可见或无法读出（{count} 个），疑似混淆",
        "Many names are invisible or unpronounceable ({count}): the code seems obfuscated",
    ),
    "rule.native_imports": (
        "通过 P/Invoke 导入本机函数（{count} 个）",
        "Imports native functions by P/Invoke ({count})",
    ),
    "rule.lookalike": ("名称与现有插件 {name} 过于相似（{reason}）", "The name looks like that of {name} ({reason})"),
    "rule.assembly_not_managed": ("主程序集不是 .NET 程序集", "The main assembly is not a .NET assembly"),
    "rule.assembly_unreadable": ("主程序集无法读取", "The main assembly cannot be read"),
    "rule.entry_class_missing": ("主程序集中没有入口类", "The entry class is not in the main assembly"),
    "rule.entry_class_not_public": ("入口类不是公共类", "The entry class is not public"),
    "rule.entry_class_abstract": ("入口类是抽象类或接口", "The entry class is abstract"),
    "rule.entry_class_generic": ("入口类是泛型类型", "The entry class is generic"),
    "rule.entry_class_forwarded": (
        "入口类被转发到程序集 {assembly}，但包中没有该类",
        "The entry class was moved to the assembly {assembly}, where the package does not have it",
    ),
    "rule.entry_class_no_interface": (
        "入口类没有实现宿主接口 {interface}",
        "The entry class does not implement the host's interface {interface}",
    ),
    "rule.entry_class_unresolved": (
        "入口类的基类或接口所在的程序集不在包中，无法加载",
        "The assembly of a base class or interface of the entry class is nowhere: it does not load",
    ),
    "rule.assembly_mixed": (
        "程序集 {path} 混有本机代码（C++/CLI），宿主无法加载",
        "The assembly {path} has native code mixed in (C++/CLI), which hosts do not load",
    ),
    "rule.assembly_reference": (
        "主程序集是引用程序集，只供编译，无法加载",
        "The main assembly is a reference assembly: it is made for compilers, and does not load",
    ),
    "rule.architecture_unfit": (
        "主程序集的处理器架构 {found} 与宿主（{wanted}）不符",
        "The main assembly is made for {found}; hosts run on {wanted}",
    ),
    "rule.framework_unfit": (
        "主程序集的目标框架 {found} 与宿主（{wanted}）不符",
        "The main assembly targets {found}; hosts run on {wanted}",
    ),
    "rule.references_missing": (
        "主程序集引用的 {count} 个程序集既不在包中，也不由 .NET 或宿主提供",
        "The main assembly refers to assemblies that neither the package, .NET nor the host brings ({count})",
    ),
    "rule.entry_class_no_constructor": (
        "入口类没有公共的无参构造函数",
        "The entry class has no public default constructor",
    ),
    "rule.no_description": (
        "描述缺失或少于 {min} 个字符",
        "The description is missing or shorter than {min} characters",
    ),
    "rule.no_readme": ("没有 README", "There is no README"),
    "rule.no_changelog": ("没有更新日志", "There is no changelog"),
    "rule.no_license": ("没有许可证", "There is no licence"),
    "rule.large_package": ("插件包较大：{size} 字节", "The package is large: {size} bytes"),
    "rule.large_unpacked": ("解压后较大：{size} 字节", "The package unpacks to {size} bytes"),
    "rule.many_entries": ("文件数较多：{count} 个", "The package holds many files: {count}"),
    "rule.dependency_unknown": ("依赖的插件不存在：{name}", "There is no plugin {name} to depend on"),
    "rule.dependency_unsatisfied": (
        "依赖 {name} 没有满足 {range} 的已发布版本",
        "No published version of {name} satisfies {range}",
    ),
    "rule.no_engines": ("未声明支持的宿主版本", "No host versions are named in engines"),
    "rule.engine_unsatisfiable": ("{name} 的版本范围 {range} 无法满足", "No version of {name} can satisfy {range}"),
    "rule.engine_unknown": ("未知的宿主：{name}", "No other plugin names the engine {name}"),
    "advice.scan_not_run": ("请管理员配置病毒扫描", "Ask the administrator to set up a virus scanner"),
    "advice.no_description": ("补充插件描述", "Write a longer description"),
    "advice.no_readme": ("在压缩包中加入 README", "Add a README to the package"),
    "advice.no_changelog": ("在 plugin.json 中填写 changelog", "Fill in changelog in plugin.json"),
    "advice.no_license": ("在 plugin.json 中填写 license", "Fill in license in plugin.json"),
    "advice.no_engines": (
        "在 plugin.json 的 engines 中声明宿主版本",
        "Name the host's versions in engines in plugin.json",
    ),
    "advice.large_package": ("去掉不需要的文件以减小体积", "Leave out files that are not needed"),
    "advice.native_imports": ("在描述中说明为何需要本机函数", "Say in the description what native functions are for"),
    "advice.uses_process": ("在描述中说明为何启动进程", "Say in the description why processes are started"),
    "advice.uses_com": ("在描述中说明为何使用 COM", "Say in the description what COM is used for"),
    "advice.executable": ("去掉可执行程序", "Leave out programs"),
    "advice.managed_executable": ("去掉可执行程序", "Leave out programs"),
    "advice.script": ("去掉脚本和快捷方式", "Leave out scripts and shortcuts"),
    "advice.nested_archive": ("将文件直接放入插件包", "Put files into the package itself"),
    "advice.disguised_assembly": ("程序集应以 .dll 结尾", "Let the names of assemblies end in .dll"),
    "advice.hidden_code": ("将程序集以原样放入插件包", "Put assemblies into the package as they are"),
    "advice.obfuscated": ("提交未混淆的程序集", "Submit assemblies that are not obfuscated"),
    "advice.entry_class_no_interface": ("实现宿主接口", "Implement the host's interface"),
    "advice.references_missing": ("将缺少的程序集放入插件包", "Put the missing assemblies into the package"),
    "advice.architecture_unfit": ("以 AnyCPU 编译", "Compile for any processor"),
    "advice.entry_class_not_public": ("将入口类设为 public", "Make the entry class public"),
    "advice.entry_class_no_constructor": (
        "为入口类提供公共无参构造函数",
        "Give the entry class a public default constructor",
    ),
}
EVENTS: Final[dict[str, tuple[str, str]]] = {
    "event.plugin_review_completed.approved": (
        "您的插件 {plugin_name} {version} 已通过审核",
        "Your plugin {plugin_name} {version} was approved",
    ),
    "event.plugin_review_completed.rejected": (
        "您的插件 {plugin_name} {version} 未通过审核",
        "Your plugin {plugin_name} {version} was rejected",
    ),
    "event.plugin_review_completed.needs_changes": (
        "您的插件 {plugin_name} {version} 需要修改",
        "Your plugin {plugin_name} {version} needs changes",
    ),
    # A plugin's status, within other texts.
    "status.draft": ("草稿", "a draft"),
    "status.pending": ("待审核", "waiting for review"),
    "status.in_review": ("审核中", "in review"),
    "status.published": ("已发布", "published"),
    "status.rejected": ("已拒绝", "rejected"),
    "status.needs_changes": ("需修改", "in need of changes"),
    "status.suspended": ("已下架", "suspended"),
    "event.plugin_status_changed": (
        "插件 {plugin_name} 的状态变为 {new_status}",
        "Plugin {plugin_name} is now {new_status}",
    ),
    "event.new_review_assigned": (
        "您有新的审核任务：{plugin_name} {version}",
        "A review was assigned to you: {plugin_name} {version}",
    ),
    "event.appeal_processed.approved": (
        "您对插件 {plugin_name} 的申诉已通过",
        "Your appeal for plugin {plugin_name} was granted",
    ),
    "event.appeal_processed.rejected": (
        "您对插件 {plugin_name} 的申诉未通过",
        "Your appeal for plugin {plugin_name} was rejected",
    ),
    "event.system_maintenance": ("系统维护通知：{text}", "Maintenance: {text}"),
    "event.system_maintenance.timed": (
        "系统维护通知（{starts_at} 至 {ends_at}）：{text}",
        "Maintenance from {starts_at} to {ends_at}: {text}",
    ),
    "event.plugin_blocked": (
        "插件 {plugin_name} 已被管理员封禁",
        "Administrators blocked plugin {plugin_name}",
    ),
    "event.plugin_blocked.warn": (
        "管理员对插件 {plugin_name} 发出警告",
        "Administrators warn of plugin {plugin_name}",
    ),
    "event.plugin_blocked.disable": (
        "插件 {plugin_name} 已被管理员封禁，宿主将禁用它",
        "Administrators blocked plugin {plugin_name}: hosts will disable it",
    ),
    "event.plugin_blocked.remove": (
        "插件 {plugin_name} 已被管理员封禁，宿主将移除它",
        "Administrators blocked plugin {plugin_name}: hosts will remove it",
    ),
    "event.plugin_unblocked": (
        "对插件 {plugin_name} 的封禁已撤销",
        "The block of plugin {plugin_name} was revoked",
    ),
    # What somebody wrote in both languages, within other texts. `:.0` leaves the other one out.
    "said": ("{zh}{en:.0}", "{en}{zh:.0}"),
    "event.unknown": ("通知：{event}", "Notification: {event}"),
    # What somebody wrote about it follows.
    "event.because": ("{what}：{reason}", "{what}: {reason}"),
    "event.override": (
        "{what}（由当事管理员越权决定，原因：{reason}）",
        "{what} (decided with an override by somebody whom it concerns, because: {reason})",
    ),
    "event.plugin_release_changed": (
        "插件 {plugin_name} 的发布状态已更改",
        "The releases of plugin {plugin_name} were changed",
    ),
    "event.plugin_release_changed.yanked": (
        "插件 {plugin_name} 的版本 {version} 已被撤回",
        "Version {version} of plugin {plugin_name} was yanked",
    ),
    "event.plugin_release_changed.unyanked": (
        "插件 {plugin_name} 的版本 {version} 已恢复",
        "Version {version} of plugin {plugin_name} is no longer yanked",
    ),
    "event.plugin_release_changed.recommended": (
        "插件 {plugin_name} 的推荐版本设为 {version}，不再提供更高版本",
        "Version {version} of plugin {plugin_name} is recommended: no higher one is offered",
    ),
    "event.plugin_release_changed.unbounded": (
        "插件 {plugin_name} 的推荐版本已取消",
        "Plugin {plugin_name} has no recommended version any more: its highest one is offered",
    ),
    "event.plugin_release_changed.settings": (
        "插件 {plugin_name} 版本 {version} 的发布设置已更改",
        "The release of version {version} of plugin {plugin_name} was changed",
    ),
    "event.plugin_release_changed.released": (
        "插件 {plugin_name} 的版本 {version} 已立即发布",
        "Version {version} of plugin {plugin_name} was released without further waiting",
    ),
    "event.plugin_release_changed.deprecated": (
        "插件 {plugin_name} 已被弃用",
        "Plugin {plugin_name} was marked as deprecated",
    ),
    "event.plugin_release_changed.undeprecated": (
        "插件 {plugin_name} 不再弃用",
        "Plugin {plugin_name} is no longer marked as deprecated",
    ),
    # Why a version cannot be recommended, within another text.
    "not_recommendable.yanked": ("已撤回", "yanked"),
    "not_recommendable.blocked": ("已被封禁", "blocked"),
    "not_recommendable.preview": ("属于预览通道", "on the preview channel"),
    "event.storage_damaged": (
        "{count} 个存储文件已损坏或丢失，请从备份恢复：{names}",
        "Stored files are damaged or missing ({count}): restore them from a backup: {names}",
    ),
}
