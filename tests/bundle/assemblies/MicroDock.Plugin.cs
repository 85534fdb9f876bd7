// The part of the host that plugins are compiled against.
using System.Reflection;

[assembly: AssemblyVersion("1.0.0.0")]

namespace MicroDock.Plugin
{
    public interface IMicroDockPlugin
    {
        string Name { get; }
    }

    public abstract class BaseMicroDockPlugin : IMicroDockPlugin
    {
        public abstract string Name { get; }
    }
}
