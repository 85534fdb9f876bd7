// Update checks of a host, for C# 8 on .NET Core 3.1 and newer, without any package. Copy it into your project.
//
//     HostUpdates http://127.0.0.1:8000 FOLDER
//
// FOLDER/installed.json is the question: {"engines": {…}, "installed": [{"name": …, "version": …, "sha256": …}]}. The
// answers are kept in FOLDER for hours without a network, and the packages to install are put there. Nothing is installed.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

/// <summary>The server cannot be reached, or has no time: go on with what was kept, and ask again later.</summary>
public sealed class OfflineException : Exception
{
    public OfflineException(string message, Exception inner = null) : base(message, inner) { }
}

/// <summary>A download whose bytes are not those that were announced; nothing of it is kept.</summary>
public sealed class DamagedException : Exception
{
    public DamagedException(string message) : base(message) { }
}

/// <summary>What one host asks one server. `language` is that of the messages: zh or en.</summary>
public sealed class HostUpdates
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly HttpClient _http;
    private readonly string _folder;

    public HostUpdates(string server, string folder, string language = "en")
    {
        _http = new HttpClient { BaseAddress = new Uri(server.TrimEnd('/') + "/"), Timeout = Patience };
        _http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        _folder = folder;
    }

    /// <summary>The answer to an update check, and whether it is of now. Offline it is the last one.</summary>
    public async Task<(JsonElement Answer, bool IsNew)> CheckAsync(string question)
    {
        JsonElement answer;
        try
        {
            var content = new StringContent(WithClientId(question), Encoding.UTF8, "application/json");
            answer = await JsonAsync(new HttpRequestMessage(HttpMethod.Post, "api/plugins/updates") { Content = content });
        }
        catch (OfflineException)
        {
            if (Kept("updates.json") is JsonElement last) return (last, false);
            throw;
        }
        Keep("updates.json", answer.GetRawText());
        var known = Kept("blocks.json");
        if (!(known is JsonElement list) || Serial(list) < Serial(answer) || IsOver(list)) await RenewBlocksAsync(known);
        return (answer, true);
    }

    /// <summary>The blocks to obey without a network. Null: what is known is too old, or there is nothing yet.</summary>
    public JsonElement? Blocks() =>
        Kept("blocks.json") is JsonElement list && !IsOver(list) ? list.GetProperty("blocks") : (JsonElement?)null;

    /// <summary>Save a target's package at `path`, going on where an earlier attempt ended.</summary>
    public async Task DownloadAsync(JsonElement target, string path)
    {
        string part = path + ".part", hash = target.GetProperty("file_hash").GetString();
        long has = File.Exists(part) ? new FileInfo(part).Length : 0, size = target.GetProperty("file_size").GetInt64();
        if (has != size)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, target.GetProperty("download_url").GetString());
            if (0 < has && has < size)
            {
                // The ETag of a package is its SHA-256. Should the file be another one, all of it comes.
                request.Headers.Range = new RangeHeaderValue(has, null);
                request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue($"\"{hash}\""));
            }
            using var answer = await SendAsync(request);
            var isRest = answer.StatusCode == HttpStatusCode.PartialContent;
            using var file = new FileStream(part, isRest ? FileMode.Append : FileMode.Create);
            try
            {
                await CopyAsync(await answer.Content.ReadAsStreamAsync(), file);
            }
            catch (Exception reason) when (IsOfNetwork(reason))
            {
                // What came before the connection broke stays: the next attempt goes on from there.
                throw new OfflineException(reason.Message, reason);
            }
        }
        if (Sha256(part) != hash)
        {
            File.Delete(part);
            throw new DamagedException(path);
        }
        File.Move(part, path, true);
    }

    /// <summary>HttpClient's own timeout ends with the headers: here each part of the body has one.</summary>
    private static async Task CopyAsync(Stream from, Stream to)
    {
        var buffer = new byte[1 << 16];
        while (true)
        {
            using var limit = new CancellationTokenSource(Patience);
            var count = await from.ReadAsync(buffer, 0, buffer.Length, limit.Token);
            if (count == 0) return;
            await to.WriteAsync(buffer, 0, count);
        }
    }

    private static bool IsOfNetwork(Exception reason) =>
        reason is HttpRequestException || reason is IOException || reason is OperationCanceledException;

    private async Task RenewBlocksAsync(JsonElement? known)
    {
        try
        {
            var found = await JsonAsync(new HttpRequestMessage(HttpMethod.Get, "api/plugins/blocks"));
            // Somebody on the way may show an old list: one with a lower serial is none.
            if (!(known is JsonElement list) || Serial(found) >= Serial(list)) Keep("blocks.json", found.GetRawText());
        }
        catch (OfflineException)
        {
            // The next check asks again.
        }
    }

    private async Task<JsonElement> JsonAsync(HttpRequestMessage request)
    {
        using var answer = await SendAsync(request);
        try
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            return body.RootElement.GetProperty("data").Clone();
        }
        catch (Exception reason) when (!(reason is OutOfMemoryException))
        {
            // It broke off, or it is the login page of some network.
            throw new OfflineException(reason.Message, reason);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        catch (Exception reason) when (IsOfNetwork(reason))
        {
            throw new OfflineException(reason.Message, reason);
        }
        if (answer.StatusCode == HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500)
        {
            using (answer) throw new OfflineException($"{(int)answer.StatusCode}, ask again in {answer.Headers.RetryAfter} s");
        }
        return answer.EnsureSuccessStatusCode();
    }

    /// <summary>The question with the host's id, made up once and kept: it decides which rollouts reach this host.</summary>
    private string WithClientId(string question)
    {
        var path = Path.Combine(_folder, "client-id");
        if (!File.Exists(path)) File.WriteAllText(path, Guid.NewGuid().ToString("N"));
        var body = JsonSerializer.Deserialize<Dictionary<string, object>>(question);
        body["client_id"] = File.ReadAllText(path);
        return JsonSerializer.Serialize(body);
    }

    private JsonElement? Kept(string name)
    {
        try
        {
            using var found = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, name)));
            return found.RootElement.Clone();
        }
        catch (Exception reason) when (reason is IOException || reason is JsonException)
        {
            return null;
        }
    }

    /// <summary>Written beside it and moved there: nobody reads half of it.</summary>
    private void Keep(string name, string json)
    {
        var part = Path.Combine(_folder, name + ".part");
        File.WriteAllText(part, json);
        File.Move(part, Path.Combine(_folder, name), true);
    }

    private static long Serial(JsonElement said) => said.GetProperty("serial").GetInt64();

    private static bool IsOver(JsonElement list) =>
        list.GetProperty("expires_at").GetDateTimeOffset() <= DateTimeOffset.UtcNow;

    private static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        using var sha = SHA256.Create();
        return BitConverter.ToString(sha.ComputeHash(file)).Replace("-", "").ToLowerInvariant();
    }
}

public static class Program
{
    /// <summary>Say what the host would do, and fetch what it would install.</summary>
    public static async Task Main(string[] args)
    {
        if (args.Length != 2)
        {
            Console.Error.WriteLine("HostUpdates SERVER FOLDER");
            Environment.Exit(1);
        }
        try
        {
            await RunAsync(args[0], args[1]);
        }
        catch (OfflineException reason)
        {
            Console.Error.WriteLine($"offline: {reason.Message}");
            Environment.Exit(1);
        }
    }

    private static async Task RunAsync(string server, string folder)
    {
        var updates = new HostUpdates(server, folder);
        var (answer, isNew) = await updates.CheckAsync(File.ReadAllText(Path.Combine(folder, "installed.json")));
        Console.WriteLine($"serial {answer.GetProperty("serial")} {(isNew ? "now" : "offline")}");
        foreach (var one in answer.GetProperty("updates").EnumerateArray())
        {
            var (name, target) = (one.GetProperty("name"), one.GetProperty("target"));
            var hasTarget = target.ValueKind == JsonValueKind.Object;
            var version = hasTarget ? target.GetProperty("version").GetString() : "-";
            Console.WriteLine($"{name} {one.GetProperty("installed")} {one.GetProperty("action")} {version}");
            foreach (var reason in one.GetProperty("reasons").EnumerateArray())
                Console.WriteLine($"  {reason.GetProperty("code")} {reason.GetProperty("message")}");
            var added = one.GetProperty("permissions_added");
            if (!hasTarget || !isNew || (added.ValueKind == JsonValueKind.Array && added.GetArrayLength() > 0)) continue;
            await updates.DownloadAsync(target, Path.Combine(folder, $"{name}@{version}.zip"));
            Console.WriteLine($"  downloaded {target.GetProperty("file_hash")}");
        }
        Console.WriteLine($"blocks {(updates.Blocks() is JsonElement blocks ? blocks.GetArrayLength().ToString() : "unknown")}");
    }
}
