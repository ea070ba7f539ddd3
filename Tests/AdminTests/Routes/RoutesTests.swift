import CacheModel
import Engine
import Foundation
import TestSupport
import Testing

@Suite("Paths and methods of the admin API")
struct RoutesTests {
    @Test(
        "What is not there is 404",
        arguments: ["/", "/healthz", "/health/x", "/cache", "/cache/%73tats", "/../health", "/CACHE/STATS"])
    func notFound(path: String) async throws {
        try expectProblem(try await withAdmin { try await RawClient.get(path, from: $0) }, 404)
    }

    @Test(
        "Another method is 405 and names those there are",
        arguments: ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
    func methods(method: String) async throws {
        let response = try await withAdmin { try await RawClient.request(method, "/cache/stats", to: $0) }
        try expectProblem(response, 405)
        #expect(response["Allow"] == "GET, HEAD")
    }

    @Test("HEAD is GET without the body", arguments: ["/health", "/ready", "/cache/stats"])
    func head(path: String) async throws {
        let (get, head) = try await withAdmin { address in
            let client = try RawClient(address)
            let head = try await client.request("HEAD", path)
            return (try await client.request("GET", path), head)
        }
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head["Content-Length"] == get["Content-Length"])
    }

    @Test("Answers are JSON that nobody stores", arguments: ["/health", "/ready", "/cache/stats", "/cache/stats?x=1"])
    func fields(target: String) async throws {
        let response = try await withAdmin { try await RawClient.get(target, from: $0) }
        #expect(response.status == 200)
        #expect(response["Content-Type"] == "application/json")
        #expect(response["Cache-Control"] == "no-store")
        #expect(response["X-Content-Type-Options"] == "nosniff")
        #expect(response.text.hasSuffix("}\n"))
    }
}

@Suite("Health and readiness")
struct HealthTests {
    private func tiers() -> ProxyStatistics {
        var statistics = ProxyStatistics()
        var redis = TierStatistics()
        redis.state = .down
        statistics.tiers = [(.memory, TierStatistics()), (.redis, redis)]
        return statistics
    }

    @Test("The process is healthy whatever its readiness", arguments: [Readiness.starting, .ready, .draining])
    func health(readiness: Readiness) async throws {
        let response = try await withAdmin(ToldProxy(tiers(), readiness)) {
            try await RawClient.get("/health", from: $0)
        }
        #expect(response.status == 200)
        #expect(response.text == "{\"status\":\"ok\"}\n")
    }

    @Test(
        "Only starting and draining are 503; a tier that is down is told, and changes nothing",
        arguments: [(Readiness.starting, 503), (.ready, 200), (.draining, 503)])
    func ready(readiness: Readiness, status: Int) async throws {
        let response = try await withAdmin(ToldProxy(tiers(), readiness)) {
            try await RawClient.get("/ready", from: $0)
        }
        #expect(response.status == status)
        #expect(
            response.text
                == #"{"status":"\#(readiness.rawValue)","tiers":{"memory":"up","redis":"down"},"warnings":[]}"# + "\n")
    }

    @Test("A change of readiness shows on the next request")
    func change() async throws {
        let proxy = ToldProxy()
        let statuses = try await withAdmin(proxy) { address in
            let client = try RawClient(address)
            let before = try await client.request("GET", "/ready").status
            proxy.become(.draining)
            return [before, try await client.request("GET", "/ready").status]
        }
        #expect(statuses == [200, 503])
    }
}
