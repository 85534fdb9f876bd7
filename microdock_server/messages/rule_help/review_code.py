"""Help about findings of automatic review on what the code may do."""

from __future__ import annotations

from typing import Final

from .shared import RuleHelp

REVIEW_CODE: Final[dict[str, RuleHelp]] = {
    "uses_process": RuleHelp(
        ("会启动或控制其他程序", "It starts or controls other programs"),
        (
            "某个程序集的元数据提到了能启动、结束或控制进程的接口，例如 Process.Start、WMI、服务控制或计划任"
            "务。提到不等于执行，通过反射调用的则看不出来。",
            "The metadata of an assembly name APIs that start, end or control processes, such as "
            "Process.Start, WMI, services or scheduled tasks. Named is not run, and what is called by "
            "reflection is not seen.",
        ),
        (
            "启动的程序拥有用户的全部权限：可以读取、改写和发送用户的任何文件。",
            "A program that is started may do all that the user may: read, change and send any file.",
        ),
        (
            "打开网页或文件夹时只传固定的地址；用不到就删去。在描述中说明为什么需要，审核员会看。",
            "Pass only fixed addresses where you open pages or folders, or leave it out. Say in the "
            "description what it is for; reviewers read that.",
        ),
    ),
    "uses_registry": RuleHelp(
        ("访问 Windows 注册表", "It uses the Windows registry"),
        (
            "某个程序集提到了 Microsoft.Win32.Registry 之类的类型。读和写分不出来。",
            "An assembly names types such as Microsoft.Win32.Registry. Reading and writing are not told apart.",
        ),
        (
            "写注册表可以让程序随系统启动、改变文件的打开方式或系统设置，卸载插件后仍然有效。",
            "Writing can start programs with Windows, change how files open or how the system behaves, and "
            "outlives the plugin.",
        ),
        (
            "插件自己的设置请存到宿主给的数据文件夹；必须访问注册表时，在描述中说明读写哪些键。",
            "Keep the plugin's settings in the data folder that the host gives it; where you need the "
            "registry, say which keys you read or write.",
        ),
    ),
    "uses_reflection_emit": RuleHelp(
        ("在运行时生成代码", "It makes code at run time"),
        (
            "某个程序集提到了 Reflection.Emit、表达式树的 Compile、CodeDom 或 C# 脚本编译。序列化和映射库常用"
            "它们来提速。",
            "An assembly names Reflection.Emit, Compile of expression trees, CodeDom or C# scripting. "
            "Libraries for serialising and mapping use them for speed.",
        ),
        ("运行时才生成的代码无法事先检查。", "Code that is made only then cannot be inspected beforehand."),
        (
            "换用源生成器的库（例如 System.Text.Json 的源生成），或在描述中说明用途。",
            "Use libraries with source generators, such as that of System.Text.Json, or say in the "
            "description what it is for.",
        ),
    ),
    "uses_dynamic_loading": RuleHelp(
        ("在运行时加载程序集", "It loads assemblies at run time"),
        (
            "某个程序集提到了 Assembly.Load、AssemblyLoadContext 或 CreateInstanceFrom 之类的成员。",
            "An assembly names members such as Assembly.Load, AssemblyLoadContext or CreateInstanceFrom.",
        ),
        (
            "加载的代码可以来自网络或别的文件夹，审核时看不到它，之后也可以更换。",
            "What is loaded may come from the network or another folder, where no review saw it and where it "
            "can change later.",
        ),
        (
            "直接引用需要的程序集，并把它放进包里；确需动态加载时，只加载包内的文件，并在描述中说明。",
            "Reference the assemblies you need and ship them; where you must load dynamically, load only "
            "files of the package and say so in the description.",
        ),
    ),
    "uses_native_code": RuleHelp(
        ("调用本机代码接口", "It uses APIs for native code"),
        (
            "某个程序集提到了 NativeLibrary 或 Marshal.GetDelegateForFunctionPointer，用来加载本机库或调用内"
            "存中的本机代码。",
            "An assembly names NativeLibrary or Marshal.GetDelegateForFunctionPointer, which load native "
            "libraries or call native code in memory.",
        ),
        (
            "本机代码不受 .NET 的检查，出错会让整个宿主崩溃，这里也不分析它做什么。",
            ".NET does not check native code: an error there ends the whole host, and what it does is not "
            "analysed here.",
        ),
        (
            "优先用 .NET 自带的功能；需要本机库时，用 DllImport 写明库和函数，并在描述中说明。",
            "Prefer what .NET has; where a native library is needed, name library and function with "
            "DllImport and say so in the description.",
        ),
    ),
    "uses_network": RuleHelp(
        ("访问网络", "It uses the network"),
        (
            "某个程序集提到了网络接口，例如 HttpClient、套接字、数据库连接，或程序中有网址并按网址读取 XML、图片。",
            "An assembly names APIs for the network, such as HttpClient, sockets or database connections, or "
            "holds an address and reads XML or pictures by address.",
        ),
        (
            "用户的数据可能被发往别处，也可能从网络取来未经审核的内容。许多插件正当地需要网络，所以只算轻微。",
            "Data of the user may be sent elsewhere, and unreviewed content may come in. Many plugins "
            "rightly need the network, so it counts little.",
        ),
        (
            "声明相应的权限，在描述中写明连接哪些服务器、发送什么；用 HTTPS。",
            "Declare the permission, say in the description which servers you contact and what you send, and "
            "use HTTPS.",
        ),
    ),
    "uses_com": RuleHelp(
        ("通过 COM 使用其他程序", "It uses other programs through COM"),
        (
            "某个程序集声明了 COM 接口，或提到 GetTypeFromProgID、Marshal.GetActiveObject、CreateObject 之类"
            "的成员。操作 Office 或系统外壳时常用。",
            "An assembly declares COM interfaces, or names members such as GetTypeFromProgID, "
            "Marshal.GetActiveObject or CreateObject. They are used for Office and the Windows shell.",
        ),
        (
            "COM 对象可以启动程序、改写文件，能做的和用户一样多。",
            "COM objects can start programs and change files: as much as the user can.",
        ),
        (
            "用不到就删去；需要时在描述中说明使用哪个对象、做什么。",
            "Leave it out if you can; otherwise say in the description which object is used and for what.",
        ),
    ),
    "uses_unsafe_deserialization": RuleHelp(
        ("不安全的反序列化", "Unsafe deserialization"),
        (
            "某个程序集提到了 BinaryFormatter、SoapFormatter、NetDataContractSerializer、LosFormatter 或 "
            "XAML 读取器。它们按数据里写的类型创建对象。",
            "An assembly names BinaryFormatter, SoapFormatter, NetDataContractSerializer, LosFormatter or a "
            "XAML reader. They make objects of whatever types the data name.",
        ),
        (
            "用户打开一个被人改过的文件，就可能运行其中安排的代码。",
            "Opening a file that somebody prepared may run code that they chose.",
        ),
        (
            "改用 System.Text.Json 或 XmlSerializer 读取固定的类型；.NET 9 起已删除 BinaryFormatter 的实现。",
            "Read fixed types with System.Text.Json or XmlSerializer; .NET 9 has removed the implementation "
            "of BinaryFormatter.",
        ),
    ),
    "native_imports": RuleHelp(
        ("导入本机函数", "It imports native functions"),
        (
            "某个程序集用 P/Invoke（DllImport、LibraryImport）声明了本机函数，报告中列出库和函数名。",
            "An assembly declares native functions by P/Invoke (DllImport, LibraryImport); the report lists "
            "libraries and functions.",
        ),
        (
            "本机函数可以做用户能做的任何事，例如截屏、监听键盘或改写其他进程；参数写错会让宿主崩溃。",
            "Native functions can do all that the user can, such as watching the screen or keyboard or "
            "changing other processes, and a wrong parameter ends the host.",
        ),
        (
            "删去不再使用的声明；在描述中说明每一类函数的用途。",
            "Remove declarations that are not used any more, and say in the description what the others are for.",
        ),
    ),
    "obfuscated": RuleHelp(
        ("名称疑似混淆", "Names seem obfuscated"),
        (
            "某个程序集里，至少 20 个且至少三成的类型和方法名不可见、只有一两个字母、由相似的笔画组成或没有元音。",
            "In an assembly at least 20 names of types and methods, and at least 30 % of them, are "
            "invisible, one or two letters long, made of look-alike strokes, or without vowels.",
        ),
        (
            "混淆会掩盖代码做什么，审核员无法判断。它本身不说明有恶意。",
            "Obfuscation hides what the code does, so reviewers cannot judge it. By itself it is no sign of "
            "bad intent.",
        ),
        (
            "提交未混淆的程序集：在 Release 构建中关闭混淆工具的步骤。",
            "Submit assemblies that are not obfuscated: turn the obfuscator's step off in the build.",
        ),
    ),
    "hidden_code": RuleHelp(
        ("无法读取的数据与加载字节的代码", "Unreadable data, and code that loads bytes"),
        (
            "包里有看起来随机的数据（加密或未知的压缩），同时某个程序集会把字节数组当作代码加载，例如 "
            "Assembly.Load(byte[])。两者未必有关。",
            "The package has data that look random, encrypted or packed in an unknown way, and an assembly "
            "that loads byte arrays as code, such as Assembly.Load(byte[]). The two need not belong together.",
        ),
        (
            "数据里可能藏有没有人检查过的程序。这样的版本总要由人来审核。",
            "The data may hold a program that nobody inspected. A person always reviews such a version.",
        ),
        (
            "把程序集原样放进包里并直接引用；加密的数据改用公开的格式。",
            "Put assemblies into the package as they are and reference them; keep data in an open format.",
        ),
    ),
}
