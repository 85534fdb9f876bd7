"""The sensitive APIs that an assembly names: facts from its metadata, no verdict.

Code that reaches an API by reflection names nothing here, and a name here may be in code that never runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from microdock_server.bundle.dotnet.metadata import Metadata
from microdock_server.bundle.dotnet.signatures import ARRAY, STRING, first_parameters, underlying

USES_MAX, PICKED_MAX = 200, 500
_PARENT_TYPE_DEF, _PARENT_TYPE_REF, _PARENT_TYPE_SPEC, _COM_IMPORT = 0, 1, 4, 0x1000
_BASES_MAX: Final = 64
# Members that load code from memory.
_LOADERS: Final = {
    "System.Reflection.Assembly": "Load",
    "System.AppDomain": "Load",
    "System.Runtime.Loader.AssemblyLoadContext": "LoadFromStream",
}
_URL: Final = "://".encode("utf-16-le")


@dataclass(frozen=True, slots=True, order=True)
class ApiUse:
    """A sensitive API that the assembly names: `Namespace.Type::Member`, or the type alone where no member is named."""

    capability: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Members of a type that need a capability, by prefixes of their names; without prefixes, the type alone counts.

    `texts`: only overloads whose first parameters are this many strings. `urls`: only in an assembly with a URL among
    its string literals, because the same member opens files.
    """

    capability: str
    members: tuple[str, ...] = ()
    texts: int = 0
    urls: bool = False


# Capability → prefixes of the type names that code needs for it. Exceptions are left out: they are caught, not used.
CAPABILITIES: Final = {
    # WMI, PowerShell, services and scheduled tasks can start programs.
    "process": (
        "System.Diagnostics.ProcessStartInfo", "System.Management.", "System.ServiceProcess.ServiceController",
        "Microsoft.Win32.TaskScheduler.",
    ),
    "network": (
        "System.Net.", "System.ServiceModel.", "System.Runtime.Remoting.Channels.", "System.Messaging.",
        "System.Data.SqlClient.", "Windows.Networking.", "Microsoft.VisualBasic.Devices.Network",
    ),
    "registry": ("Microsoft.Win32.Registry", "Microsoft.VisualBasic.MyServices.RegistryProxy"),
    "reflection_emit": (
        "System.Reflection.Emit.", "System.CodeDom.Compiler.CodeDomProvider", "Microsoft.CSharp.CSharpCodeProvider",
        "Microsoft.VisualBasic.VBCodeProvider", "Microsoft.CodeAnalysis.CSharp.Scripting.",
        "Microsoft.CodeAnalysis.Scripting.", "Microsoft.JScript.",
    ),
    "native_code": ("System.Runtime.InteropServices.NativeLibrary",),
    "file_system": ("System.IO.File", "System.IO.Directory", "System.IO.Drive", "System.IO.RandomAccess"),
    "unsafe_deserialization": (
        "System.Runtime.Serialization.Formatters.Binary.BinaryFormatter",
        "System.Runtime.Serialization.Formatters.Soap.SoapFormatter",
        "System.Runtime.Serialization.NetDataContractSerializer",
        "System.Web.UI.LosFormatter", "System.Web.UI.ObjectStateFormatter", "System.Xaml.XamlServices",
    ),
}  # fmt: skip
# Names with the same prefixes that are harmless: values, constants, and facts about a request.
HARMLESS: Final = frozenset(
    f"System.Net.{name}"
    for name in (
        "WebUtility", "IPAddress", "IPEndPoint", "EndPoint", "DnsEndPoint", "SocketAddress", "HttpStatusCode",
        "HttpVersion", "HttpRequestHeader", "HttpResponseHeader", "DecompressionMethods", "AuthenticationSchemes",
        "Cookie", "CookieCollection", "CookieContainer", "NetworkCredential", "CredentialCache", "ICredentials",
        "ICredentialsByHost", "WebHeaderCollection", "SecurityProtocolType", "TransportContext", "IWebProxy",
        "IPNetwork", "NetworkInformation.PhysicalAddress", "Http.HttpVersionPolicy", "Sockets.SocketFlags",
        "Http.HttpMethod", "Sockets.AddressFamily", "Sockets.ProtocolType", "Sockets.SocketType",
        "Sockets.SocketError", "Security.SslPolicyErrors",
    )
)  # fmt: skip
HARMLESS_STARTS: Final = ("System.Net.Mime.", "System.Net.Http.Headers.", "System.IO.FileMode", "System.IO.FileAccess",
                          "System.IO.FileShare", "System.IO.FileAttributes", "System.IO.DriveType",
                          "System.IO.FileOptions")  # fmt: skip
# Types with harmless members too: for them, the prefix of the member's name decides.
MEMBERS: Final[dict[str, tuple[Rule, ...]]] = {
    "Microsoft.VisualBasic.Interaction": (
        Rule("process", ("Shell", "AppActivate")),
        Rule("com", ("CreateObject", "GetObject")),
    ),
    "Microsoft.CodeAnalysis.Compilation": (Rule("reflection_emit", ("Emit",)),),
    "System.Activator": (Rule("dynamic_loading", ("CreateInstanceFrom",)), Rule("com", ("CreateComInstanceFrom",))),
    "System.AppDomain": (Rule("dynamic_loading", ("Load", "CreateInstance", "ExecuteAssembly")),
                         Rule("reflection_emit", ("DefineDynamicAssembly",))),
    "System.Data.DataSet": (Rule("network", ("ReadXml",), texts=1, urls=True),),
    # Looking at the own process, or at the list of all, starts and ends nothing.
    "System.Diagnostics.Process": (
        Rule("process", ("Start", "Kill", "CloseMainWindow", "set_StartInfo", "EnterDebugMode")),
    ),
    "System.Environment": (Rule("environment", (
        "GetEnvironmentVariable", "SetEnvironmentVariable", "ExpandEnvironmentVariables", "GetCommandLineArgs",
        "get_CommandLine", "get_UserName", "get_MachineName", "Exit", "FailFast",
    )),),
    # On another machine, where the first of two strings names it.
    "System.IO.Pipes.NamedPipeClientStream": (Rule("network", (".ctor",), texts=2),),
    "System.Linq.Expressions.Expression`1": (Rule("reflection_emit", ("Compile",)),),
    "System.Linq.Expressions.LambdaExpression": (Rule("reflection_emit", ("Compile",)),),
    "System.Reflection.Assembly": (Rule("dynamic_loading", ("Load", "UnsafeLoad")),),
    # These only ask for the current context.
    "System.Runtime.Loader.AssemblyLoadContext": (Rule("dynamic_loading", ("Load", ".ctor")),),
    "System.Runtime.InteropServices.Marshal": (
        Rule("native_code", ("GetDelegateForFunctionPointer",)),
        Rule("com", (
            "GetActiveObject", "BindToMoniker", "GetTypeFromCLSID", "GetTypedObjectForIUnknown",
            "GetObjectForIUnknown", "GetUniqueObjectForIUnknown", "CreateWrapperOfType",
        )),
    ),
    "System.Type": (Rule("com", ("GetTypeFromProgID", "GetTypeFromCLSID")),),
    "System.Windows.Markup.XamlReader": (Rule("unsafe_deserialization", ("Load", "Parse")),),
    "System.Windows.Media.Imaging.BitmapImage": (Rule("network", (".ctor", "set_UriSource"), urls=True),),
    "System.Xml.Linq.XDocument": (Rule("network", ("Load",), texts=1, urls=True),),
    "System.Xml.Linq.XElement": (Rule("network", ("Load",), texts=1, urls=True),),
    "System.Xml.XmlDocument": (Rule("network", ("Load",), texts=1, urls=True),),
    "System.Xml.XmlReader": (Rule("network", ("Create",), texts=1, urls=True),),
    "System.Xml.XmlTextReader": (Rule("network", (".ctor",), texts=1, urls=True),),
    "System.Xml.XPath.XPathDocument": (Rule("network", (".ctor",), texts=1, urls=True),),
    "System.Xml.Xsl.XslCompiledTransform": (Rule("network", ("Load",), texts=1, urls=True),),
}  # fmt: skip


def rules_for(name: str) -> tuple[Rule, ...]:
    """The rules for a type of this name; none for most types."""
    if name in MEMBERS:
        return MEMBERS[name]
    if name.endswith("Exception") or name in HARMLESS or name.startswith(HARMLESS_STARTS):
        return ()
    found = (capability for capability, starts in CAPABILITIES.items() if name.startswith(starts))
    return tuple(Rule(capability) for capability in found)[:1]


def uses_of(metadata: Metadata) -> tuple[tuple[ApiUse, ...], bool]:
    """The sensitive APIs that are named, at most 200, some of every capability, and whether there are more."""
    types, found = dict(_sensitive_types(metadata)), dict[str, set[str]]()
    named = set[tuple[int, str]]()
    has_url, is_cut = _URL in metadata.literals, False
    for parent, name, signature in metadata.rows("MemberRef"):
        number = _type_ref(metadata, parent)
        for rule in types.get(number, ()):
            if not _fits(metadata, rule, name, signature, has_url=has_url):
                continue
            named.add((number, rule.capability))
            texts = found.setdefault(rule.capability, set())
            if len(texts) < PICKED_MAX:
                texts.add("::".join(filter(None, (metadata.type_name(number), metadata.text(name)))))
            else:
                is_cut = True
    for number, rules in types.items():
        for rule in rules:
            texts = found.setdefault(rule.capability, set())
            if not rule.members and (number, rule.capability) not in named and len(texts) < PICKED_MAX:
                texts.add(metadata.type_name(number))
    found.setdefault("com", set()).update(_com_imports(metadata))
    # Taken from all capabilities in turn: many uses of one kind cannot hide another.
    turns = sorted((turn, kind, text) for kind, texts in found.items() for turn, text in enumerate(sorted(texts)))
    kept = tuple(sorted(ApiUse(kind, text) for _, kind, text in turns[:USES_MAX]))
    return kept, is_cut or len(turns) > USES_MAX


def loads_bytes(metadata: Metadata) -> bool:
    """Does it name a member that loads byte arrays as code? Where those come from cannot be seen."""
    for parent, name, signature in metadata.rows("MemberRef"):
        member = _LOADERS.get(metadata.type_name(_type_ref(metadata, parent)))
        if member and metadata.text(name).startswith(member):
            first = first_parameters(metadata.blob(signature), 1)
            if member == "LoadFromStream" or first is None or first[:1] == [ARRAY]:
                return True
    return False


def _fits(metadata: Metadata, rule: Rule, name: int, signature: int, *, has_url: bool) -> bool:
    if rule.members and not metadata.text(name).startswith(rule.members):
        return False
    if rule.urls and not has_url:
        return False
    if not rule.texts:
        return True
    kinds = first_parameters(metadata.blob(signature), rule.texts)
    # A signature that this reader cannot parse counts as a match.
    return kinds is None or kinds == [STRING] * rule.texts


def _type_ref(metadata: Metadata, parent: int) -> int:
    """The type reference that a member belongs to; 0 where its parent is something else."""
    kind, number = parent & 7, parent >> 3
    if kind == _PARENT_TYPE_DEF:
        return _base(metadata, number)
    if kind == _PARENT_TYPE_SPEC:
        table, number = underlying(metadata, number << 2 | 2) or ("", 0)
        return number if table == "TypeRef" else 0
    return number if kind == _PARENT_TYPE_REF else 0


def _base(metadata: Metadata, number: int) -> int:
    """The type reference that a type of this assembly inherits from: members may be named through the derived type."""
    for _ in range(_BASES_MAX):
        row = metadata.row("TypeDef", number)
        table, number = (underlying(metadata, row[3]) if row else None) or ("", 0)
        if table != "TypeDef":
            return number if table == "TypeRef" else 0
    return 0


def _sensitive_types(metadata: Metadata) -> Iterator[tuple[int, tuple[Rule, ...]]]:
    """The sensitive type references, by row. A nested type counts as its outermost one."""
    known: dict[int, tuple[Rule, ...]] = {}
    for number, _ in enumerate(metadata.rows("TypeRef"), 1):
        outermost = metadata.around(number)[-1]
        if outermost not in known:
            known[outermost] = rules_for(metadata.type_name(outermost))
        rules = known[outermost]
        if outermost != number:
            rules = tuple(rule for rule in rules if not rule.members)
        if rules:
            yield number, rules


def _com_imports(metadata: Metadata) -> Iterator[str]:
    """COM classes and interfaces that the assembly declares."""
    count = 0
    for flags, name, space, *_ in metadata.rows("TypeDef"):
        if flags & _COM_IMPORT and count < PICKED_MAX:
            count += 1
            yield ".".join(filter(None, (metadata.text(space), metadata.text(name)))) + " (ComImport)"
