import Admin
import Foundation
import TestSupport
import Testing

@Suite("Who may use the admin API")
struct AccessTests {
    @Test(
        "On loopback only names of loopback are a Host (DNS rebinding, attacks.md 23)",
        arguments: [
            ("localhost", 200), ("LOCALHOST:1", 200), ("127.0.0.1", 200), ("127.255.0.9:9090", 200), ("[::1]", 200),
            ("[::1]:9090", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403), ("127.evil.example", 403),
            ("localhost.evil.example", 403), ("127.0.0.1:evil", 403), ("127.0.0.256", 403), ("127.0.0", 403),
            ("192.168.0.1", 403), ("[::2]", 403), ("[::1]evil", 403), ("user@localhost", 403), ("0.0.0.0", 403),
        ])
    func host(name: String, status: Int) async throws {
        let response = try await withAdmin { address in
            try await RawClient(address).request("GET", "/health", host: name)
        }
        #expect(response.status == status)
        if status == 403 { try expectProblem(response, 403) }
    }

    @Test(
        "On loopback a request from a page is refused (CSRF)",
        arguments: ["http://localhost", "null", "https://evil.example"])
    func origin(value: String) async throws {
        let response = try await withAdmin { try await RawClient.get("/cache/stats", ["Origin: \(value)"], from: $0) }
        try expectProblem(response, 403)
    }

    @Test(
        "The token opens, and nothing else does",
        arguments: [
            (["Authorization: Bearer secret"], 200), (["authorization: bearer secret"], 200), ([], 401),
            (["Authorization: Bearer secreT"], 401), (["Authorization: Bearer secret2"], 401),
            (["Authorization: Bearer secre"], 401), (["Authorization: Bearer"], 401), (["Authorization: secret"], 401),
            (["Authorization: Basic secret"], 401),
            (["Authorization: Bearer wrong", "Authorization: Bearer secret"], 401), (["X-Token: secret"], 401),
        ])
    func token(fields: [String], status: Int) async throws {
        let response = try await withAdmin(token: "secret") {
            try await RawClient.get("/cache/stats", fields, from: $0)
        }
        #expect(response.status == status)
        if status == 401 {
            try expectProblem(response, 401)
            #expect(response["WWW-Authenticate"] == "Bearer realm=\"strata\"")
        }
    }

    @Test("The token is wanted for paths that don't exist, too")
    func tokenFirst() async throws {
        let response = try await withAdmin(token: "secret") { try await RawClient.get("/nothing", from: $0) }
        try expectProblem(response, 401)
    }

    @Test("A listener for everyone does not start without a token", arguments: [nil, ""])
    func tokenMissing(token: String?) async throws {
        await #expect(throws: AdminServer.StartError.tokenMissing) {
            try await withAdmin(host: "0.0.0.0", token: token) { _ in }
        }
    }

    @Test("A listener for everyone judges by the token alone, whatever Host says")
    func everyone() async throws {
        let statuses = try await withAdmin(host: "0.0.0.0", token: "secret") { bound in
            let address = Address(port: bound.port)
            let client = try RawClient(address)
            let open = try await client.request(
                "GET", "/health", ["Authorization: Bearer secret"], host: "cache.example")
            let shut = try await client.request("GET", "/health", host: "localhost")
            return [open.status, shut.status]
        }
        #expect(statuses == [200, 401])
    }
}

/// RFC 9457's shape.
func expectProblem(_ response: RawResponse, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(response.status == status, sourceLocation: sourceLocation)
    #expect(response["Content-Type"] == "application/problem+json", sourceLocation: sourceLocation)
    #expect(response["Cache-Control"] == "no-store", sourceLocation: sourceLocation)
    let object = try response.json
    #expect(object["status"] as? Int == status, sourceLocation: sourceLocation)
    #expect(object["type"] as? String == "about:blank", sourceLocation: sourceLocation)
    #expect((object["title"] as? String)?.isEmpty == false, sourceLocation: sourceLocation)
}
