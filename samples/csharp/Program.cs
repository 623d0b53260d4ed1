// Asks for an access token with an application's credentials, then lists the users with it.
// On Linux SSL_CERT_FILE names the CA file of a server whose certificate comes from a CA of its own.

using System.Text.Json;
using System.Text.Json.Nodes;
using RestSharp;

try
{
    var url = Setting("KINDRED_URL");
    var client = new RestClient(url);

    // RestSharp sends the parameters of a POST as a form.
    var token = await Call(client, new RestRequest("oauth2/token", Method.Post)
        .AddParameter("grant_type", "client_credentials")
        .AddParameter("client_id", Setting("KINDRED_CLIENT_ID"))
        .AddParameter("client_secret", Setting("KINDRED_CLIENT_SECRET"))
        .AddParameter("audience", Setting("KINDRED_AUDIENCE", $"{url}/api")));
    var accessToken = JsonNode.Parse(token)?["access_token"];

    var users = await Call(client, new RestRequest("api/v1/users")
        .AddHeader("Authorization", $"Bearer {accessToken}"));
    Console.WriteLine(users);
    return 0;
}
catch (InvalidOperationException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

// Returns the body of a good reply; throws what the server complained of in any other.
async Task<string> Call(RestClient client, RestRequest request)
{
    var response = await client.ExecuteAsync(request);
    var body = response.Content ?? "";
    if (response.IsSuccessful) return body;

    var status = (int)response.StatusCode;
    var reason = status == 0 ? response.ErrorMessage : $"{status} {Complaint(body)}";
    throw new InvalidOperationException($"{request.Method.ToString().ToUpperInvariant()} {client.BuildUri(request)}: {reason}");
}

// The token endpoint answers {error, error_description}, the API {errors: [{code, message}]}.
string Complaint(string body)
{
    try
    {
        var reply = JsonNode.Parse(body) as JsonObject;
        if (reply?["error"] is JsonNode error) return $"{error}: {reply["error_description"]}";
        if (reply?["errors"] is JsonArray errors && errors.Count > 0) return $"{errors[0]?["code"]}: {errors[0]?["message"]}";
    }
    catch (JsonException)
    {
        // Not JSON: a proxy's page, for example.
    }
    return body;
}

string Setting(string name, string? fallback = null)
{
    var value = Environment.GetEnvironmentVariable(name);
    if (!string.IsNullOrEmpty(value)) return value;
    return fallback ?? throw new InvalidOperationException($"{name} is not set");
}
