"""The corpus: what packages are made of, and what a review has to say besides whether they load.

Whether a package loads stands nowhere here: the runtime says it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

HOST: Final = "MicroDock.Plugin.IMicroDockPlugin"
NAME: Final = 'public string Name => "a";'


def plugin(body: str = "", kind: str = "public class", name: str = "A") -> str:
    """A class that is a plugin."""
    return f"namespace T {{ {kind} {name} : {HOST} {{ {NAME} {body} }} }}"


def doing(code: str) -> str:
    """A plugin with a method that does something when it is called."""
    return plugin(f"public object Do() {{ {code} }}")


@dataclass(frozen=True, slots=True)
class Case:
    """One package. `libraries`: further assemblies by file name, in the order in which they are compiled; a source may
    refer to those before it. `leaves_out`: compiled against, and not in the package."""

    source: str
    entry: str = "T.A"
    libraries: dict[str, str] = field(default_factory=dict)
    leaves_out: tuple[str, ...] = ()
    # Files that stand in the package under other names.
    renames: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    language: str = "cs"
    standard: bool = False
    main: str = "Main.dll"
    embeds: str = ""
    # What the review has to find, and what it may not.
    finds: frozenset[str] = frozenset()
    finds_not: frozenset[str] = frozenset()


def finds(source: str, *rules: str, **others: object) -> Case:
    """A package that loads, in which the review finds these."""
    return Case(source, finds=frozenset(rules), **others)  # type: ignore[arg-type]


def harmless(source: str, *rules: str) -> Case:
    """A package in which the review does not find these."""
    return Case(source, finds_not=frozenset(rules))


EVIL: Final = 'namespace E { public class X { public void Y() { System.Diagnostics.Process.Start("calc"); } } }'
BASE: Final = f"namespace L {{ public class Base : {HOST} {{ {NAME} }} }}"
GENERIC: Final = f"namespace L {{ public class Base<T> : {HOST} {{ {NAME} }} }}"
WIDER: Final = f"namespace L {{ public interface IWider : {HOST} {{ }} }}"
MIDDLE: Final = "namespace M { public class Mid : L.Base { } }"
MOVED: Final = f"namespace T {{ public class A : {HOST} {{ {NAME} public class B : A {{ }} }} }}"
FORWARD: Final = "[assembly: System.Runtime.CompilerServices.TypeForwardedTo(typeof(T.A))]"
COPY: Final = (
    f"namespace MicroDock.Plugin {{ public interface IMicroDockPlugin {{ string Name {{ get; }} }} }} {plugin()}"
)
# C# takes no invisible names: these cannot be spoken.
HIDDEN: Final = "".join(f"public void xkq{first}{second}z() {{ }} " for first in "bcdfgh" for second in "jklmnp")
SPOKEN: Final = "".join(f"public void Method{number}() {{ }} " for number in range(40))
VB: Final = """Namespace T
Public Class A
  Implements MicroDock.Plugin.IMicroDockPlugin
  Public ReadOnly Property Name As String Implements MicroDock.Plugin.IMicroDockPlugin.Name
    Get
      Return "a"
    End Get
  End Property
End Class
End Namespace
"""

LOADING: Final[dict[str, Case]] = {
    "public": Case(plugin()),
    "internal": Case(plugin(kind="internal class")),
    "sealed": Case(plugin(kind="public sealed class")),
    "struct": Case(plugin(kind="public struct")),
    "internal-struct": Case(plugin(kind="internal struct")),
    "nested": Case(f"namespace T {{ public class O {{ public class A : {HOST} {{ {NAME} }} }} }}", "T.O+A"),
    "nested-private": Case(f"namespace T {{ class O {{ private class A : {HOST} {{ {NAME} }} }} }}", "T.O+A"),
    "nested-deep": Case(f"namespace T {{ class O {{ class P {{ struct A : {HOST} {{ {NAME} }} }} }} }}", "T.O+P+A"),
    "nested-with-a-dot": Case(f"namespace T {{ public class O {{ public class A : {HOST} {{ {NAME} }} }} }}", "T.O.A"),
    "no-namespace": Case(f"public class A : {HOST} {{ {NAME} }}", "A"),
    "chinese": Case(plugin(name="插件"), "T.插件"),
    "wrong-case": Case(plugin(), "T.a"),
    "without-its-namespace": Case(plugin(), "A"),
    "missing": Case(plugin(), "T.B"),
    "explicit": Case(f"namespace T {{ public class A : {HOST} {{ string {HOST}.Name => \"a\"; }} }}"),
    "static-constructor": Case(plugin("static A() { }")),
    "base-here": Case(plugin(name="Base") + "namespace T { public class A : Base { } }"),
    "base-abstract-here": Case(plugin(kind="public abstract class", name="B") + "namespace T { class A : B { } }"),
    "base-generic-here": Case(plugin(name="B<X>") + "namespace T { public class A : B<int> { } }"),
    "base-of-the-host": Case("namespace T { public class A : MicroDock.Plugin.BaseMicroDockPlugin { "
                             "public override string Name => \"a\"; } }"),
    "base-of-the-framework": Case(f"namespace T {{ public class A : System.Exception, {HOST} {{ {NAME} }} }}"),
    "base-beside": Case("namespace T { public class A : L.Base { } }", libraries={"Lib.dll": BASE}),
    "base-generic-beside": Case("namespace T { public class A : L.Base<string> { } }", libraries={"Lib.dll": GENERIC}),
    "base-nowhere": Case("namespace T { public class A : L.Base { } }", libraries={"Lib.dll": BASE},
                         leaves_out=("Lib.dll",)),
    "base-two-away": Case("namespace T { public class A : M.Mid { } }", libraries={"Lib.dll": BASE, "Mid.dll": MIDDLE}),
    "base-two-away-nowhere": Case("namespace T { public class A : M.Mid { } }",
                                  libraries={"Lib.dll": BASE, "Mid.dll": MIDDLE}, leaves_out=("Lib.dll",)),
    "base-in-a-file-of-another-name": Case("namespace T { public class A : L.Base { } }", libraries={"Lib.dll": BASE},
                                           renames={"Lib.dll": "Library.dll"}),
    "another-assembly-in-its-file": Case(
        "namespace T { public class A : L.Base { } }", libraries={"Lib.dll": BASE, "Evil.dll": EVIL},
        leaves_out=("Lib.dll",), renames={"Evil.dll": "Lib.dll"},
    ),
    "base-generic-of-the-framework": Case(
        f"namespace T {{ public class A : System.Collections.Generic.List<int>, {HOST} {{ {NAME} }} }}"),
    "wider-interface": Case(f"{WIDER} namespace T {{ public class A : L.IWider {{ {NAME} }} }}"),
    "wider-interface-beside": Case(f"namespace T {{ public class A : L.IWider {{ {NAME} }} }}",
                                   libraries={"Lib.dll": WIDER}),
    "wider-interface-nowhere": Case(f"namespace T {{ public class A : L.IWider {{ {NAME} }} }}",
                                    libraries={"Lib.dll": WIDER}, leaves_out=("Lib.dll",)),
    "forwarded": Case(FORWARD, libraries={"Lib.dll": MOVED}),
    "forwarded-nested": Case(FORWARD, "T.A+B", libraries={"Lib.dll": MOVED}),
    "forwarded-nowhere": Case(FORWARD, libraries={"Lib.dll": MOVED}, leaves_out=("Lib.dll",)),
    "no-interface": Case(f"namespace T {{ public class A {{ {NAME} }} }}"),
    "another-interface": Case("namespace T { public class A : System.IDisposable { public void Dispose() { } } }"),
    "interface-of-its-own": Case(COPY, options=("-nowarn:0436",)),
    "abstract": Case(plugin(kind="public abstract class")),
    "interface": Case(f"namespace T {{ public interface A : {HOST} {{ }} }}"),
    "static": Case("namespace T { public static class A { } }"),
    "enum": Case("namespace T { public enum A { B } }"),
    "delegate": Case("namespace T { public delegate void A(); }"),
    "private-constructor": Case(plugin("private A() { }")),
    "internal-constructor": Case(plugin("internal A() { }")),
    "protected-constructor": Case(plugin("protected A() { }")),
    "constructor-with-a-parameter": Case(plugin("public A(int x) { }")),
    "constructor-with-a-default": Case(plugin("public A(int x = 1) { }")),
    "two-constructors": Case(plugin("public A(int x) { } public A() { }")),
    "generic": Case(plugin(name="A<X>")),
    "generic-struct": Case(plugin(kind="public struct", name="A<X>")),
    "generic-by-its-written-name": Case(plugin(name="A<X>"), "T.A`1"),
    "qualified-by-its-assembly": Case(plugin(), "T.A, Main"),
    "array-of-it": Case(plugin(), "T.A[]"),
    "protected-internal-constructor": Case(plugin("protected internal A() { }")),
    "parameters-without-end": Case(plugin("public A(params int[] x) { }")),
    "struct-with-a-constructor": Case(plugin("public A(int x) { }", kind="public struct")),
    "base-without-a-public-constructor": Case(
        plugin("protected B() { }", "public class", "B") + "namespace T { public class A : B { } }"),
    "nested-in-generic": Case(f"namespace T {{ class O<X> {{ public class A : {HOST} {{ {NAME} }} }} }}", "T.O+A"),
    "standard": Case(plugin(), standard=True),
    "x64": Case(plugin(), options=("-platform:x64",)),
    "x86": Case(plugin(), options=("-platform:x86",)),
    "arm": Case(plugin(), options=("-platform:arm",)),
    "reference-assembly": Case(plugin(), options=("-refonly",)),
    "in-a-folder": Case(plugin(), main="lib/Main.dll"),
    "unused-reference-nowhere": Case(
        doing("return new L.Base();"), libraries={"Lib.dll": BASE}, leaves_out=("Lib.dll",),
        finds=frozenset({"references_missing"}),
    ),
    "visual-basic": Case(VB, language="vb"),
    "optimized": Case(plugin(), options=("-optimize+",)),
    "unsafe": Case(plugin("public unsafe int* P;"), options=("-unsafe+",)),
    "program": Case(plugin("public static void Main() { }"), options=("-t:exe",)),
}  # fmt: skip

FINDING: Final[dict[str, Case]] = {
    "process-starts": finds(doing('return System.Diagnostics.Process.Start("x");'), "uses_process"),
    "process-of-its-own": harmless(doing("return System.Diagnostics.Process.GetCurrentProcess().Id;"), "uses_process"),
    "web-utility": harmless(doing('return System.Net.WebUtility.HtmlEncode("x");'), "uses_network"),
    "address": harmless(doing('return System.Net.IPAddress.Parse("::1");'), "uses_network"),
    "http": finds(doing("return new System.Net.Http.HttpClient();"), "uses_network"),
    "com-by-name": finds(doing('return System.Type.GetTypeFromProgID("WScript.Shell");'), "uses_com"),
    "com-by-number": finds(doing("return System.Type.GetTypeFromCLSID(System.Guid.Empty);"), "uses_com"),
    "com-import": finds(
        plugin() + "[System.Runtime.InteropServices.ComImport, System.Runtime.InteropServices.Guid("
        '"00000000-0000-0000-C000-000000000046")] public interface IThing { }', "uses_com"),
    "create-object": finds(doing('return Microsoft.VisualBasic.Interaction.CreateObject("x", "");'), "uses_com"),
    "binary-formatter": finds(
        doing("return new System.Runtime.Serialization.Formatters.Binary.BinaryFormatter();"),
        "uses_unsafe_deserialization"),
    "expression": finds(
        doing("System.Linq.Expressions.Expression<System.Func<int>> e = () => 1; return e.Compile();"),
        "uses_reflection_emit"),
    "expression-kept": harmless(
        doing("System.Linq.Expressions.Expression<System.Func<int>> e = () => 1; return e.Body;"),
        "uses_reflection_emit"),
    "pipe-elsewhere": finds(doing('return new System.IO.Pipes.NamedPipeClientStream("x", "y");'), "uses_network"),
    "pipe-here": harmless(doing('return new System.IO.Pipes.NamedPipeClientStream("y");'), "uses_network"),
    "xml-from-a-url": finds(
        doing('var d = new System.Xml.XmlDocument(); d.Load("https://e.example/x"); return d;'), "uses_network"),
    "xml-from-a-file": harmless(
        doing('var d = new System.Xml.XmlDocument(); d.Load("x.xml"); return d;'), "uses_network"),
    "data-contracts": harmless(
        doing("return new System.Runtime.Serialization.DataContractSerializer(typeof(int));"),
        "uses_unsafe_deserialization"),
    "process-by-number": harmless(doing("return System.Diagnostics.Process.GetProcessById(1).ProcessName;"),
                                  "uses_process"),
    "status-and-headers": harmless(
        doing("return System.Net.HttpStatusCode.OK.ToString() + new System.Net.WebHeaderCollection();"),
        "uses_network"),
    "context-asked": harmless(
        doing("return System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(GetType().Assembly);"),
        "uses_dynamic_loading"),
    "context-of-its-own": finds(
        doing("return new System.Runtime.Loader.AssemblyLoadContext(null).LoadFromStream(null);"),
        "uses_dynamic_loading"),
    "lambda": finds(doing("return System.Linq.Expressions.Expression.Lambda(null).Compile();"), "uses_reflection_emit"),
    "dynamic-method": finds(doing('return new System.Reflection.Emit.DynamicMethod("x", null, null);'),
                            "uses_reflection_emit"),
    "loads-code": finds(doing("return System.Reflection.Assembly.Load(new byte[0]);"), "uses_dynamic_loading"),
    "native-import": finds(
        plugin('[System.Runtime.InteropServices.DllImport("k")] public static extern void F();'), "native_imports"),
    "evil-beside": finds(plugin(), "uses_process", libraries={"Evil.dll": EVIL}),
    "evil-embedded": finds(plugin(), "uses_process", "embedded_assembly", libraries={"Evil.dll": EVIL},
                           embeds="Evil.dll"),
    "unspeakable-names": finds(plugin(HIDDEN), "obfuscated"),
    "spoken-names": harmless(plugin(SPOKEN), "obfuscated"),
}  # fmt: skip
CASES: Final = LOADING | FINDING
