"""Help about findings of automatic review on files and scans."""

from __future__ import annotations

from typing import Final

from .shared import RuleHelp

REVIEW_FILES: Final[dict[str, RuleHelp]] = {
    "native_library": RuleHelp(
        ("包含本机库", "It holds native libraries"),
        (
            "按内容识别出了本机动态库（Windows、Linux、macOS）、WebAssembly 或 LLVM 位码。许多 NuGet 包，例如"
            " SQLite、SkiaSharp，会带上它们。",
            "Native libraries for Windows, Linux or macOS, WebAssembly or LLVM bitcode were recognised by "
            "content. Many NuGet packages, such as SQLite or SkiaSharp, bring them.",
        ),
        (
            "本机代码能做用户能做的任何事，这里不分析它；出错会让整个宿主崩溃。",
            "Native code can do all that the user can and is not analysed here; an error in it ends the whole host.",
        ),
        (
            "宿主已有的库不要再带；用 dotnet publish -r 指定运行时标识，只留需要的平台，并在描述中说明来源。",
            "Do not ship what the host brings; name the runtime with dotnet publish -r so that only needed "
            "systems remain, and say in the description where they come from.",
        ),
    ),
    "executable": RuleHelp(
        ("包含可执行程序", "It holds programs"),
        (
            "按内容或扩展名识别出了本机程序或安装包，例如 .exe、.msi、.jar、.scr。dotnet publish 默认会为应用"
            "生成一个 .exe 启动器。",
            "Native programs or installers such as .exe, .msi, .jar or .scr were recognised by content or "
            "ending. dotnet publish makes an .exe starter for applications by default.",
        ),
        (
            "运行它就等于运行任意程序，这里不分析它做什么。这样的版本总要由人来审核。",
            "To run it is to run any program, and what it does is not analysed here. A person always reviews "
            "such a version.",
        ),
        (
            "把项目设为类库（OutputType 为 Library），或在 csproj 中设 UseAppHost 为 false；不用的程序请删去。",
            "Make the project a library (OutputType Library) or set UseAppHost to false in the csproj, and "
            "leave out other programs.",
        ),
    ),
    "managed_executable": RuleHelp(
        ("包含 .NET 可执行程序", "It holds .NET programs"),
        (
            "除 main 以外，有托管的程序（文件头没有 DLL 标志），多半是项目的 OutputType 设成了 Exe。",
            "Apart from main there are managed programs, whose headers do not say DLL; mostly a project has "
            "the OutputType Exe.",
        ),
        (
            "插件可以启动它，而它脱离宿主运行，关闭宿主后仍会继续。它的代码已像其他程序集一样检查过。",
            "The plugin can start it, and it then runs outside the host and outlives it. Its code was "
            "inspected like that of other assemblies.",
        ),
        (
            "把 OutputType 改为 Library，以类库的形式引用它；确需单独的程序时在描述中说明。",
            "Change OutputType to Library and reference it, or say in the description why a separate program "
            "is needed.",
        ),
    ),
    "script": RuleHelp(
        ("包含脚本或快捷方式", "It holds scripts or shortcuts"),
        (
            "按扩展名或内容识别出了批处理、PowerShell、VBScript、Shell、Python 等脚本，注册表文件、快捷方式或"
            "带宏的文档。",
            "Batch, PowerShell, VBScript, shell, Python or other scripts, registry files, shortcuts or "
            "documents with macros were recognised by ending or content.",
        ),
        (
            "脚本能做用户能做的任何事，这里不分析它；用户也可能双击误运行。",
            "A script can do all that the user can and is not analysed here, and users may start it by a double click.",
        ),
        (
            "删去编译和安装用的脚本；把需要的逻辑写进 C#。",
            "Leave out scripts for building and installing, and write what is needed in C#.",
        ),
    ),
    "nested_archive": RuleHelp(
        ("包含无法查看的压缩包", "It holds archives that are not looked into"),
        (
            "包里有 7z、RAR、CAB、磁盘映像等容器，或无法按规则打开的 ZIP。合乎规则的 ZIP 和 gzip 会被打开检查，"
            "不报告。",
            "There are containers such as 7z, RAR, CAB or disk images, or a ZIP that breaks the rules. Good "
            "ZIP and gzip files are opened and inspected, and not reported.",
        ),
        (
            "里面的内容没有人检查过，插件却可以解压并使用它。",
            "Nobody inspected what is inside, and the plugin can unpack and use it.",
        ),
        ("把文件直接放进插件包，或改用普通的 ZIP。", "Put the files into the package itself, or use plain ZIP."),
    ),
    "disguised_assembly": RuleHelp(
        ("程序集用了别的扩展名", "Assemblies under another name"),
        (
            "文件的内容是 .NET 程序集，名称却不以 .dll、.exe 或 .winmd 结尾。",
            "A file is a .NET assembly by its content, but its name does not end in .dll, .exe or .winmd.",
        ),
        (
            "名称让人以为是数据，杀毒软件和审核员可能不去看它。这里已检查过它的代码。",
            "The name looks like data, so virus scanners and reviewers may skip it. Its code was inspected here.",
        ),
        ("把程序集的扩展名改为 .dll。", "Give assemblies the ending .dll."),
    ),
    "embedded_assembly": RuleHelp(
        ("程序集嵌在别的文件里", "Assemblies inside other files"),
        (
            "在资源、文本或压缩数据里找到了程序集。把依赖打进主程序集的工具，例如 Costura.Fody，会这样做。",
            "Assemblies were found in resources, texts or compressed data. Tools that put dependencies into "
            "the main assembly, such as Costura.Fody, do this.",
        ),
        (
            "没有直接的危险：找到的部分已检查过。它们在内存中加载，杀毒软件可能看不到。",
            "None in itself: what was found was inspected. It is loaded from memory, where virus scanners "
            "may not see it.",
        ),
        (
            "把依赖的 DLL 与主程序集放在一起：在 csproj 中设 CopyLocalLockFileAssemblies 为 true，去掉 "
            "Costura 之类的工具。",
            "Put the DLLs beside the main assembly: set CopyLocalLockFileAssemblies to true in the csproj "
            "and drop tools such as Costura.",
        ),
    ),
    "incomplete": RuleHelp(
        ("审核不完整", "The review is incomplete"),
        (
            "有的内容没有读完：过大、嵌套超过三层、数量过多、格式损坏、无法解压，或整个检查超过了 300 秒。报"
            "告中写明了原因。",
            "Something was not read to its end: it is too large, packed more than three times over, too "
            "many, broken, packed in an unknown way, or all took more than 300 seconds. The report says "
            "which.",
        ),
        (
            "没有读到的地方可能有任何东西，所以这样的版本总要由人来审核。",
            "What was not read may hold anything, so a person always reviews such a version.",
        ),
        (
            "把大文件拆小或去掉，不要把压缩包套在压缩包里，重新编译损坏的程序集。",
            "Split or leave out large files, do not pack archives into archives, and build broken assemblies again.",
        ),
    ),
    "malware": RuleHelp(
        ("检测到恶意代码", "Malware was found"),
        (
            "病毒扫描程序（ClamAV）在包里认出了已知的恶意代码，报告中有它的名称。误报也会发生。",
            "The virus scanner (ClamAV) recognised known malware in the package; the report has its name. "
            "Scanners do err at times.",
        ),
        (
            "运行它可能偷取或毁坏用户的数据。这样的版本总要由人来审核。",
            "Running it may steal or destroy the user's data. A person always reviews such a version.",
        ),
        (
            "先检查编译用的电脑和每个依赖的来源，在干净的环境中重新编译；若是误报，请向 ClamAV 报告，并告知审核员。",
            "Check the computer that built it and the source of each dependency, and build in a clean place; "
            "if it is an error, report it to ClamAV and tell the reviewer.",
        ),
    ),
    "scan_failed": RuleHelp(
        ("病毒扫描失败", "The virus scan failed"),
        (
            "扫描程序连不上、超时，或认为文件太大（ClamAV 的 StreamMaxLength）。失败不算通过。",
            "The scanner could not be reached, took too long, or found the file too large (StreamMaxLength "
            "of ClamAV). A failure counts as no pass.",
        ),
        (
            "包里有没有已知的恶意代码，没有人知道。这样的版本总要由人来审核。",
            "Nobody knows whether the package holds known malware. A person always reviews such a version.",
        ),
        (
            "开发者不必做什么。管理员检查设置 CLAMAV_URL 和 ClamAV 的日志，再重新审核。",
            "Developers need do nothing. Administrators check the setting CLAMAV_URL and ClamAV's log, and "
            "start the review again.",
        ),
    ),
    "scan_not_run": RuleHelp(
        ("未进行病毒扫描", "No virus scan was run"),
        (
            "服务器没有设置病毒扫描程序（设置 CLAMAV_URL），或管理员关闭了扫描。",
            "The server has no virus scanner (setting CLAMAV_URL), or an administrator turned scanning off.",
        ),
        (
            "已知的恶意代码可能没有被发现。其他检查照常进行。",
            "Known malware may go unseen. The other checks were made as ever.",
        ),
        (
            "开发者不必做什么。管理员可以安装 ClamAV 并设置 CLAMAV_URL。",
            "Developers need do nothing. Administrators can install ClamAV and set CLAMAV_URL.",
        ),
    ),
    "archive": RuleHelp(
        ("压缩包违反规则", "The archive breaks a rule"),
        (
            "审核时重新检查了压缩包，发现了问题；报告中写明了是什么问题，并链接到那条规则的说明。规则可能比上"
            "传那天更严格。",
            "The archive was inspected again and breaks a rule; the report says what is wrong and leads to "
            "that rule's page. Rules may be stricter than on the day of the upload.",
        ),
        (
            "取决于那条规则，见它自己的说明。这样的版本总要由人来审核。",
            "That depends on the rule, which has a page of its own. A person always reviews such a version.",
        ),
        ("按那条规则的说明修正，发布一个新版本。", "Mend it as that rule's page says, and publish a new version."),
    ),
    "package_warning": RuleHelp(
        ("插件包有需要留意之处", "Something in the package is worth a look"),
        (
            "上传时给过这个警告，审核员也能看到；报告中写明了是什么问题，并链接到那条规则的说明。",
            "The uploader was warned of this, and reviewers see it too; the report says what it is and leads "
            "to that rule's page.",
        ),
        (
            "多半没有安全风险，但在别的软件或宿主上可能出错，甚至丢失用户数据，详见那条规则的说明。",
            "Mostly no security risk, but something may go wrong in other programs or hosts, and users may "
            "even lose data, as that rule's page says.",
        ),
        ("按那条规则的说明修正，放进下一个版本。", "Mend it in the next version as that rule's page says."),
    ),
}
