"""Help about findings of automatic review on whether hosts can load a plugin."""

from __future__ import annotations

from typing import Final

from .shared import NO_LOAD, RuleHelp

REVIEW_LOADING: Final[dict[str, RuleHelp]] = {
    "assembly_not_managed": RuleHelp(
        ("主程序集不是 .NET 程序集", "The main assembly is not a .NET assembly"),
        (
            "main 指定的文件不存在，或没有 .NET 的文件头：可能是 C++ 的 DLL，或原生编译（Native AOT）的输出。",
            "The file that main names is not there or has no .NET header: a C++ DLL perhaps, or the output "
            "of Native AOT.",
        ),
        NO_LOAD,
        (
            "在 csproj 中去掉 PublishAot 和 PublishSingleFile，main 写编译出的托管 DLL。",
            "Remove PublishAot and PublishSingleFile from the csproj, and let main name the managed DLL of the build.",
        ),
    ),
    "assembly_unreadable": RuleHelp(
        ("主程序集无法读取", "The main assembly cannot be read"),
        (
            "主程序集的文件头或元数据自相矛盾、被截断，或文件大于 256 MiB。加壳和混淆工具常造成这种情况。",
            "Headers or metadata of the main assembly contradict themselves or are cut, or it is larger than "
            "256 MiB. Packers and obfuscators often do this.",
        ),
        (
            "没有人能看出它做什么，宿主也可能无法加载它。",
            "Nobody can see what it does, and hosts may be unable to load it.",
        ),
        ("不用加壳或混淆，重新编译后打包。", "Build it again without packing or obfuscation."),
    ),
    "entry_class_missing": RuleHelp(
        ("主程序集中没有入口类", "The entry class is not in the main assembly"),
        (
            "entryClass 指定的类不在主程序集里，也没有转发到别处。多半是改过命名空间或类名，或被裁剪掉了。",
            "The class that entryClass names is not in the main assembly and not forwarded. Mostly it was "
            "renamed, or trimmed away.",
        ),
        NO_LOAD,
        (
            "把 entryClass 写成 typeof(入口类).FullName 的值，区分大小写；在 csproj 中不要打开 PublishTrimmed。",
            "Write what typeof(YourEntry).FullName gives into entryClass, in its exact case, and do not turn "
            "on PublishTrimmed in the csproj.",
        ),
    ),
    "entry_class_not_public": RuleHelp(
        ("入口类不是公共类", "The entry class is not public"),
        (
            "较早版本的审核在入口类不是 public 时这样报告。现在的规则不再报告它，因为宿主按名称创建时不看可见性。",
            "Reviews by earlier rules reported an entry class that is not public. Today's rules do not, "
            "because hosts that make it by name ignore visibility.",
        ),
        ("没有危险。", "None."),
        ("把入口类设为 public，别人更容易看懂。", "Make the class public; readers then see at once what it is for."),
    ),
    "entry_class_abstract": RuleHelp(
        ("入口类是抽象类或接口", "The entry class is abstract or an interface"),
        (
            "entryClass 指定的是抽象类、静态类或接口，无法创建它的对象。",
            "entryClass names an abstract class, a static one or an interface, of which no object can be made.",
        ),
        NO_LOAD,
        ("把 entryClass 改为实现它的具体类。", "Let entryClass name the class that implements it."),
    ),
    "entry_class_generic": RuleHelp(
        ("入口类是泛型类型", "The entry class is generic"),
        (
            "entryClass 指定的类有类型参数，或嵌套在有类型参数的类里，宿主不知道该填什么类型。",
            "The class has type parameters, or stands inside one that has, and hosts do not know which types "
            "to fill in.",
        ),
        NO_LOAD,
        (
            "写一个不带类型参数的类继承它，用作入口类。",
            "Derive a class without type parameters and make that the entry class.",
        ),
    ),
    "entry_class_forwarded": RuleHelp(
        ("入口类被转发到包里没有的地方", "The entry class was moved to where it is not"),
        (
            "主程序集用 TypeForwardedTo 把入口类转发到另一个程序集，而包里没有那个程序集，或它里面没有这个类。",
            "The main assembly forwards the class to another assembly by TypeForwardedTo, and the package "
            "does not have that one, or the class is not in it.",
        ),
        NO_LOAD,
        (
            "把那个程序集放进包里（与主程序集同一文件夹），或让 main 直接指向它。",
            "Put that assembly beside the main one, or let main name it.",
        ),
    ),
    "entry_class_no_interface": RuleHelp(
        ("入口类没有实现宿主接口", "The entry class does not implement the host's interface"),
        (
            "入口类及其基类都没有实现管理员设置的宿主接口（默认 MicroDock.Plugin 程序集中的 "
            "MicroDock.Plugin.IMicroDockPlugin）。",
            "Neither the class nor its base classes implement the interface that hosts ask for; "
            "administrators set it, and by default it is MicroDock.Plugin.IMicroDockPlugin of the assembly "
            "MicroDock.Plugin.",
        ),
        NO_LOAD,
        (
            "引用宿主的 MicroDock.Plugin 程序集并实现该接口；不要自己定义一个同名的接口，那是另一个类型。",
            "Reference the host's assembly MicroDock.Plugin and implement its interface; one of the same "
            "name that you define yourself is another type.",
        ),
    ),
    "entry_class_unresolved": RuleHelp(
        ("入口类的基类或接口找不到", "A base class or interface of the entry class is nowhere"),
        (
            "入口类继承或实现的类型所在的程序集不在包里，也不由 .NET 或宿主提供（宿主提供哪些由管理员设置）。",
            "A type that the class derives from or implements is in an assembly that neither the package, "
            ".NET nor the host brings; administrators set what hosts bring.",
        ),
        NO_LOAD,
        (
            "在 csproj 中设 CopyLocalLockFileAssemblies 为 true，或用 dotnet publish，把依赖的 DLL 一起打包。",
            "Use dotnet publish, or set CopyLocalLockFileAssemblies to true in the csproj, and pack the DLLs "
            "that it puts beside yours.",
        ),
    ),
    "entry_class_no_constructor": RuleHelp(
        ("入口类没有公共的无参构造函数", "The entry class has no public default constructor"),
        (
            "宿主用不带参数的公共构造函数创建入口类，而它没有。写了带参数的构造函数后，编译器不再自动生成无参的。",
            "Hosts make the class with its public constructor without parameters, and there is none. Once a "
            "class has another constructor, the compiler adds none.",
        ),
        NO_LOAD,
        (
            "添加 public 的无参构造函数；需要的服务在初始化方法里向宿主取。",
            "Add a public constructor without parameters, and get services from the host when it initialises "
            "the plugin.",
        ),
    ),
    "assembly_mixed": RuleHelp(
        ("程序集混有本机代码", "An assembly has native code mixed in"),
        (
            "程序集由 C++/CLI 编译，托管与本机代码在同一个文件里。宿主在可卸载的上下文中加载插件，.NET 不允许"
            "在那里加载这种程序集。",
            "The assembly was compiled from C++/CLI, with managed and native code in one file. Hosts load "
            "plugins into contexts that can be unloaded, where .NET allows none of these.",
        ),
        NO_LOAD,
        (
            "把本机部分做成单独的本机 DLL，用 P/Invoke 调用，主程序集用 C# 编写。",
            "Make a native DLL of the native part, call it by P/Invoke, and write the assembly in C#.",
        ),
    ),
    "assembly_reference": RuleHelp(
        ("主程序集是引用程序集", "The main assembly is a reference assembly"),
        (
            "程序集带有 ReferenceAssembly 特性，只有声明没有代码。多半是从 obj 的 ref 文件夹里取错了文件。",
            "It carries the attribute ReferenceAssembly: declarations without code. Mostly the file was "
            "taken from the ref folder in obj.",
        ),
        NO_LOAD,
        (
            "打包 bin 或 publish 里的 DLL，不要用 ref、refint 文件夹里的；或在 csproj 中设 "
            "ProduceReferenceAssembly 为 false。",
            "Pack the DLL of bin or publish, not those in folders named ref or refint, or set "
            "ProduceReferenceAssembly to false in the csproj.",
        ),
    ),
    "architecture_unfit": RuleHelp(
        ("处理器架构与宿主不符", "Made for another processor than hosts run on"),
        (
            "主程序集只能在某种处理器架构上运行，而管理员列出的宿主架构中有的或全部不是它。",
            "The main assembly runs on one architecture only, and some or all of those that administrators "
            "list for hosts are others.",
        ),
        ("没有安全风险，但在那些宿主上无法加载。", "No security risk, but it does not load on those hosts."),
        (
            "在 csproj 中设 PlatformTarget 为 AnyCPU，发布时不要为单一架构打开 PublishReadyToRun。",
            "Set PlatformTarget to AnyCPU in the csproj, and publish without PublishReadyToRun for one architecture.",
        ),
    ),
    "framework_unfit": RuleHelp(
        ("目标框架与宿主不符", "Made for another framework than hosts run"),
        (
            "主程序集的 TargetFramework 比管理员列出的宿主框架新，或属于另一族（.NET Framework 与 .NET 互不相通）。",
            "The main assembly targets a newer framework than administrators list for hosts, or one of the "
            "other family: .NET Framework and .NET do not mix.",
        ),
        ("没有安全风险，但在那些宿主上无法加载。", "No security risk, but it does not load on those hosts."),
        (
            "把 csproj 中的 TargetFramework 改为宿主支持的最低版本，例如 net8.0。",
            "Set TargetFramework in the csproj to the oldest that hosts run, such as net8.0.",
        ),
    ),
    "references_missing": RuleHelp(
        ("缺少引用的程序集", "Referenced assemblies are missing"),
        (
            "主程序集引用了一些程序集，它们不在包里，也不由 .NET 或宿主提供（宿主提供哪些由管理员设置）。只看"
            "主程序集的直接引用。",
            "The main assembly refers to assemblies that neither the package, .NET nor the host brings; "
            "administrators set what hosts bring. Only its own references are looked at.",
        ),
        (
            "没有安全风险，但运行到用它的地方会出错。",
            "No security risk, but the plugin fails where it first uses them.",
        ),
        (
            "用 dotnet publish 的输出打包，它会带上 NuGet 包的 DLL；宿主已有的引用可设 ExcludeAssets 为 runtime。",
            "Pack what dotnet publish puts out, which has the DLLs of NuGet packages; for those that the "
            "host brings, set ExcludeAssets to runtime.",
        ),
    ),
}
