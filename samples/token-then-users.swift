// Asks for an access token with an application's credentials, then lists the users with it.
// A server whose certificate comes from a CA of its own is trusted once that CA is in the system's store.

import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

struct Failure: Error, CustomStringConvertible {
    let description: String
}

struct Token: Decodable {
    let access_token: String
}

/// What went wrong: the token endpoint answers `{error, error_description}`, the API `{errors: [{code, message}]}`.
struct Complaint: Decodable {
    struct Item: Decodable {
        let code: String
        let message: String
    }

    let error: String?
    let error_description: String?
    let errors: [Item]?
}

func setting(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
        throw Failure(description: "\(name) is not set")
    }
    return value
}

func request(_ method: String, _ address: String) throws -> URLRequest {
    guard let url = URL(string: address) else {
        throw Failure(description: "\(address) is not a URL")
    }
    var request = URLRequest(url: url)
    request.httpMethod = method
    return request
}

/// Percent-encodes everything that a form gives a meaning, `+` and `&` among it.
func formEncoded(_ fields: KeyValuePairs<String, String>) -> Data {
    let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    let pairs = fields.map { name, value in
        "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "")"
    }
    return Data(pairs.joined(separator: "&").utf8)
}

/// Returns the body of a good reply; throws what the server complained of in any other.
func call(_ request: URLRequest) async throws -> Data {
    let (body, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard (200..<300).contains(status) else {
        throw Failure(description: "\(request.httpMethod!) \(request.url!): \(status) \(complaint(body))")
    }
    return body
}

func complaint(_ body: Data) -> String {
    let reply = try? JSONDecoder().decode(Complaint.self, from: body)
    if let error = reply?.error {
        return "\(error): \(reply?.error_description ?? "")"
    }
    if let first = reply?.errors?.first {
        return "\(first.code): \(first.message)"
    }
    return String(decoding: body, as: UTF8.self) // neither of the two: a proxy's page, for example
}

do {
    let url = try setting("KINDRED_URL")
    let audience = (try? setting("KINDRED_AUDIENCE")) ?? "\(url)/api"

    var tokenRequest = try request("POST", "\(url)/oauth2/token")
    tokenRequest.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    tokenRequest.httpBody = formEncoded([
        "grant_type": "client_credentials",
        "client_id": try setting("KINDRED_CLIENT_ID"),
        "client_secret": try setting("KINDRED_CLIENT_SECRET"),
        "audience": audience,
    ])
    let token = try JSONDecoder().decode(Token.self, from: await call(tokenRequest))

    var usersRequest = try request("GET", "\(url)/api/v1/users")
    usersRequest.setValue("Bearer \(token.access_token)", forHTTPHeaderField: "Authorization")
    let users = try await call(usersRequest)
    print(String(decoding: users, as: UTF8.self))
} catch let failure as Failure {
    FileHandle.standardError.write(Data("\(failure)\n".utf8))
    exit(1)
} catch {
    FileHandle.standardError.write(Data("\(error.localizedDescription)\n".utf8))
    exit(1)
}
