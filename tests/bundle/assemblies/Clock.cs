// What an honest plugin is like: it implements the host's interface, and reaches for nothing.
using System.Reflection;
using System.Runtime.Versioning;

[assembly: AssemblyVersion("1.0.0.0")]
[assembly: TargetFramework(".NETCoreApp,Version=v3.1")]

namespace Clock
{
    public sealed class Plugin : MicroDock.Plugin.IMicroDockPlugin
    {
        public string Name => "Clock " + System.DateTime.UtcNow.Year;
    }

    internal sealed class Hidden : MicroDock.Plugin.IMicroDockPlugin
    {
        public string Name => "internal";
    }

    public sealed class NoPlugin
    {
    }
}
