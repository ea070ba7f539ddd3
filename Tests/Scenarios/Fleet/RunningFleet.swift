import Foundation
import Synchronization
import TestSupport

/// Instances of Strata that share a Redis and an origin whose page says which version it is.
final class RunningFleet: Sendable {
    let origin: Origin
    let redis: RedisServer
    let proxies: [Proxy]

    private init(origin: Origin, redis: RedisServer, proxies: [Proxy]) {
        self.origin = origin
        self.redis = redis
        self.proxies = proxies
    }

    /// - Parameter partition: where its site stores; nil: in the default one.
    static func start(
        _ count: Int, maxBlind: String = "2s", disk: Bool = true, redis: Bool = true, partition: String? = nil
    ) async throws -> RunningFleet {
        let origin = try await Origin.start()
        let server = try RedisServer.start()
        var proxies: [Proxy] = []
        for _ in 0..<count {
            let folder = try TemporaryFolder()
            let text = configuration(
                origin, redis ? server : nil, folder: folder, maxBlind: maxBlind, disk: disk, partition: partition)
            proxies.append(try await Proxy.start(text, in: folder))
        }
        return RunningFleet(origin: origin, redis: server, proxies: proxies)
    }

    static func configuration(
        _ origin: Origin, _ redis: RedisServer?, folder: TemporaryFolder, maxBlind: String = "2s", disk: Bool = true,
        partition: String? = nil
    ) -> String {
        let shared = redis.map { "  redis: { url: \"\($0.url)\", timeout: 1s }\n" } ?? ""
        let local = disk ? "  disk: { path: \"\(folder.path("cache"))\", size: 64MB }\n" : ""
        return """
            listen: ["127.0.0.1:0"]
            threads: 2
            state: "\(folder.path("state"))"
            admin: { listen: "127.0.0.1:0" }
            tiers:
              memory: { size: 16MB }
            \(shared)\(local)purge: { max_blind: \(maxBlind) }
            \(partition.map { "partitions: { \($0): { memory: 4MB, disk: 16MB } }" } ?? "")
            sites:
              - hosts: ["*"]
                origin: { url: "\(origin.url(""))" }
                \(partition.map { "partition: \($0)" } ?? "")
            log: { access: { path: "\(folder.path("access.log"))" } }

            """
    }

    static let host = "fleet.example"

    /// The versioned page of that number; its tag is `t` and the number.
    static func target(_ page: Int) -> String { "\(start(page))tags=t\(page)" }

    /// How the targets of that page begin, and no others.
    static func start(_ page: Int) -> String { "/version?max-age=3600&page=\(page)&" }

    static func version(_ response: RawResponse) throws -> Int {
        let words = response.text.split(whereSeparator: \.isWhitespace)
        guard response.status == 200 || response.status == 206, words.count == 2, let version = Int(words[1]) else {
            throw TestFailure("\(response.status): \(response.text)")
        }
        return version
    }

    func get(_ page: Int, from index: Int) async throws -> (version: Int, response: RawResponse) {
        let response = try await proxies[index].get(Self.target(page), ["Host: \(Self.host)"])
        return (try Self.version(response), response)
    }

    struct PurgeAnswer: Sendable {
        var status: Int
        var live = 0
        var applied = 0
        var silent = 0
        var isPlaced: Bool
        var text: String

        /// Everyone who serves without asking has applied it.
        var isEverywhere: Bool { isPlaced && live > 0 && applied >= live }
    }

    func purge(_ path: String, at index: Int, _ fields: [String] = []) async throws -> PurgeAnswer {
        Self.read(try await proxies[index].request("PURGE", path, ["Host: \(Self.host)"] + fields))
    }

    /// By the admin API: a body of `POST /cache/invalidate`.
    func invalidate(_ body: String, at index: Int) async throws -> PurgeAnswer {
        Self.read(try await proxies[index].askAdmin("POST", "/cache/invalidate", body: body))
    }

    private static func read(_ response: RawResponse) -> PurgeAnswer {
        func number(_ name: String) -> Int {
            guard let range = response.text.range(of: "\"\(name)\":") else { return 0 }
            return Int(response.text[range.upperBound...].prefix { $0.isNumber }) ?? 0
        }
        return PurgeAnswer(
            status: response.status, live: number("live"), applied: number("applied"), silent: number("silent"),
            isPlaced: response.status < 300 && !response.text.contains("\"position\":null"), text: response.text)
    }

    /// Purges until a purge is applied on all live instances.
    func purgeEverywhere(_ path: String) async throws {
        let isThere = try await eventually(within: .seconds(30)) {
            try await purge(path, at: 0, ["Purge-Wait: 2s"]).isEverywhere
        }
        if !isThere { throw TestFailure("no purge reaches all instances") }
    }

    /// Waits until each instance is in contact with the log, and knows of so many.
    func waitForContact(live: Int) async throws {
        for proxy in proxies {
            let isThere = try await eventually {
                let text = try await proxy.askAdmin("GET", "/cache/stats").text
                return text.contains("\"in_contact\":true") && text.contains("\"live\":\(live)")
            }
            if !isThere { throw TestFailure("not in contact: \(try await proxy.askAdmin("GET", "/cache/stats").text)") }
        }
    }
}
