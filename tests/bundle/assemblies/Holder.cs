// A plugin that holds an assembly (Clock.dll, in `holder.py`) in every way in which one is hidden, and loads bytes.
namespace Holder
{
    public sealed class Plugin : MicroDock.Plugin.IMicroDockPlugin
    {
        public string Name => "Holder";

        public static readonly byte[] Array = { ARRAY };

        public const string Text = "TEXT";

        public string Text1 => Text;

        public System.Reflection.Assembly Load(byte[] data) => System.Reflection.Assembly.Load(data);
    }
}
