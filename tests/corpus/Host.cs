// Loads plugins as the real host does: a load context of its own for each, to be unloaded; the entry class by name; the
// interface; an instance. Prints one line for each folder: its name, and "loads" or why not.
using System;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;
using MicroDock.Plugin;

sealed class PluginContext : AssemblyLoadContext
{
    private readonly string _folder;

    public PluginContext(string folder) : base(isCollectible: true) => _folder = folder;

    protected override Assembly Load(AssemblyName name)
    {
        // What the host has is the host's, whatever the package ships.
        if (name.Name == typeof(IMicroDockPlugin).Assembly.GetName().Name) return null;
        var path = Path.Combine(_folder, name.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}

static class Host
{
    static string Try(string folder)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, "entry.txt"));
        var context = new PluginContext(Path.GetDirectoryName(Path.Combine(folder, lines[0])));
        try
        {
            var type = context.LoadFromAssemblyPath(Path.Combine(folder, lines[0])).GetType(lines[1]);
            if (type == null) return "no such type";
            if (!typeof(IMicroDockPlugin).IsAssignableFrom(type)) return "not the interface";
            if (type.IsAbstract || type.IsInterface) return "abstract";
            return Activator.CreateInstance(type) is IMicroDockPlugin plugin && plugin.Name != null ? "loads" : "no instance";
        }
        catch (Exception error)
        {
            return (error is TargetInvocationException ? error.InnerException : error).GetType().Name;
        }
        finally
        {
            context.Unload();
        }
    }

    static void Main(string[] folders)
    {
        foreach (var folder in folders) Console.WriteLine(Path.GetFileName(folder) + "\t" + Try(folder));
    }
}
