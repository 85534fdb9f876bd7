// Compiles many assemblies in one process: each line of the file named is the arguments of one run of csc, by tabs.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

static class Build
{
    static readonly Dictionary<string, MetadataReference> Known = new Dictionary<string, MetadataReference>();

    static MetadataReference Reference(string path)
    {
        if (!Known.TryGetValue(path, out var found)) Known[path] = found = MetadataReference.CreateFromFile(path);
        return found;
    }

    static bool Compile(string line)
    {
        var asked = CSharpCommandLineParser.Default.Parse(line.Split('\t'), Directory.GetCurrentDirectory(), null);
        var trees = asked.SourceFiles.Select(file => CSharpSyntaxTree.ParseText(
            File.ReadAllText(file.Path), asked.ParseOptions, file.Path));
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(asked.OutputFileName), trees,
            asked.MetadataReferences.Select(item => Reference(item.Reference)), asked.CompilationOptions);
        using var target = File.Create(Path.Combine(asked.OutputDirectory, asked.OutputFileName));
        var result = compilation.Emit(target, manifestResources: asked.ManifestResources, options: asked.EmitOptions);
        var wrong = asked.Errors.Concat(result.Diagnostics).Where(item => item.Severity == DiagnosticSeverity.Error);
        foreach (var item in wrong) Console.WriteLine(asked.OutputFileName + ": " + item);
        return result.Success && !wrong.Any();
    }

    static int Main(string[] files) => File.ReadAllLines(files[0]).Count(line => !Compile(line));
}
