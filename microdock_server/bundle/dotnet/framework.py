"""The assemblies of .NET itself: the shared frameworks of .NET Core 3 to .NET 10, desktop ones included."""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
mscorlib netstandard System System.Core System.Data System.Drawing System.Net System.Numerics System.Runtime
System.Runtime.Serialization System.Security System.ServiceProcess System.ServiceModel.Web System.Transactions
System.ValueTuple System.Web System.Windows System.Xml System.Xml.Linq WindowsBase Microsoft.CSharp
Microsoft.VisualBasic Microsoft.VisualBasic.Core Microsoft.VisualBasic.Forms Microsoft.Win32.Primitives
Microsoft.Win32.Registry Microsoft.Win32.Registry.AccessControl Microsoft.Win32.SystemEvents System.AppContext
System.Buffers System.CodeDom System.Collections System.Collections.Concurrent System.Collections.Immutable
System.Collections.NonGeneric System.Collections.Specialized System.ComponentModel System.ComponentModel.Annotations
System.ComponentModel.DataAnnotations System.ComponentModel.EventBasedAsync System.ComponentModel.Primitives
System.ComponentModel.TypeConverter System.Configuration System.Configuration.ConfigurationManager System.Console
System.Data.Common System.Data.DataSetExtensions System.Design System.Diagnostics.Contracts System.Diagnostics.Debug
System.Diagnostics.DiagnosticSource System.Diagnostics.EventLog System.Diagnostics.FileVersionInfo
System.Diagnostics.PerformanceCounter System.Diagnostics.Process System.Diagnostics.StackTrace
System.Diagnostics.TextWriterTraceListener System.Diagnostics.Tools System.Diagnostics.TraceSource
System.Diagnostics.Tracing System.DirectoryServices System.Drawing.Common System.Drawing.Design
System.Drawing.Primitives System.Dynamic.Runtime System.Formats.Asn1 System.Formats.Nrbf System.Formats.Tar
System.Globalization System.Globalization.Calendars System.Globalization.Extensions System.IO System.IO.Compression
System.IO.Compression.Brotli System.IO.Compression.FileSystem System.IO.Compression.ZipFile System.IO.FileSystem
System.IO.FileSystem.AccessControl System.IO.FileSystem.DriveInfo System.IO.FileSystem.Primitives
System.IO.FileSystem.Watcher System.IO.IsolatedStorage System.IO.MemoryMappedFiles System.IO.Packaging
System.IO.Pipelines System.IO.Pipes System.IO.Pipes.AccessControl System.IO.UnmanagedMemoryStream System.Linq
System.Linq.AsyncEnumerable System.Linq.Expressions System.Linq.Parallel System.Linq.Queryable System.Memory
System.Net.Http System.Net.Http.Json System.Net.HttpListener System.Net.Mail System.Net.NameResolution
System.Net.NetworkInformation System.Net.Ping System.Net.Primitives System.Net.Quic System.Net.Requests
System.Net.Security System.Net.ServerSentEvents System.Net.ServicePoint System.Net.Sockets System.Net.WebClient
System.Net.WebHeaderCollection System.Net.WebProxy System.Net.WebSockets System.Net.WebSockets.Client
System.Numerics.Vectors System.ObjectModel System.Printing System.Reflection System.Reflection.DispatchProxy
System.Reflection.Emit System.Reflection.Emit.ILGeneration System.Reflection.Emit.Lightweight
System.Reflection.Extensions System.Reflection.Metadata System.Reflection.Primitives
System.Reflection.TypeExtensions System.Resources.Extensions System.Resources.Reader
System.Resources.ResourceManager System.Resources.Writer System.Runtime.CompilerServices.Unsafe
System.Runtime.CompilerServices.VisualC System.Runtime.Extensions System.Runtime.Handles
System.Runtime.InteropServices System.Runtime.InteropServices.JavaScript
System.Runtime.InteropServices.RuntimeInformation System.Runtime.InteropServices.WindowsRuntime
System.Runtime.Intrinsics System.Runtime.Loader System.Runtime.Numerics System.Runtime.Serialization.Formatters
System.Runtime.Serialization.Json System.Runtime.Serialization.Primitives System.Runtime.Serialization.Xml
System.Security.AccessControl System.Security.Claims System.Security.Cryptography
System.Security.Cryptography.Algorithms System.Security.Cryptography.Cng System.Security.Cryptography.Csp
System.Security.Cryptography.Encoding System.Security.Cryptography.OpenSsl System.Security.Cryptography.Pkcs
System.Security.Cryptography.Primitives System.Security.Cryptography.ProtectedData
System.Security.Cryptography.X509Certificates System.Security.Cryptography.Xml System.Security.Permissions
System.Security.Principal System.Security.Principal.Windows System.Security.SecureString
System.Text.Encoding System.Text.Encoding.CodePages System.Text.Encoding.Extensions System.Text.Encodings.Web
System.Text.Json System.Text.RegularExpressions System.Threading System.Threading.AccessControl
System.Threading.Channels System.Threading.Overlapped System.Threading.Tasks System.Threading.Tasks.Dataflow
System.Threading.Tasks.Extensions System.Threading.Tasks.Parallel System.Threading.Thread System.Threading.ThreadPool
System.Threading.Timer System.Transactions.Local System.Web.HttpUtility System.Windows.Controls.Ribbon
System.Windows.Extensions System.Windows.Forms System.Windows.Forms.Design System.Windows.Forms.Design.Editors
System.Windows.Forms.Primitives System.Windows.Input.Manipulations System.Windows.Presentation
System.Windows.Primitives System.Xaml System.Xml.ReaderWriter System.Xml.Serialization System.Xml.XDocument
System.Xml.XPath System.Xml.XPath.XDocument System.Xml.XmlDocument System.Xml.XmlSerializer Accessibility
DirectWriteForwarder PresentationCore PresentationFramework PresentationFramework-SystemCore
PresentationFramework-SystemData PresentationFramework-SystemDrawing PresentationFramework-SystemXml
PresentationFramework-SystemXmlLinq PresentationFramework.Aero PresentationFramework.Aero2
PresentationFramework.AeroLite PresentationFramework.Classic PresentationFramework.Fluent PresentationFramework.Luna
PresentationFramework.Royale PresentationUI ReachFramework UIAutomationClient UIAutomationClientSideProviders
UIAutomationProvider UIAutomationTypes WindowsFormsIntegration Microsoft.Windows.SDK.NET WinRT.Runtime
"""
FRAMEWORK: Final = frozenset(name.lower() for name in _NAMES.split())


def is_framework(assembly_name: str) -> bool:
    """Is an assembly of this simple name part of .NET?"""
    return assembly_name.lower() in FRAMEWORK


def brings(assembly_name: str, hosts: list[str]) -> bool:
    """Does the host provide it? A name in `hosts` includes all names below it (`Avalonia`: `Avalonia.Base`)."""
    name = f"{assembly_name.lower()}."
    return any(name.startswith(f"{host.lower()}.") for host in hosts)
