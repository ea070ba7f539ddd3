import Foundation
import TestSupport

/// What a story plays with: an origin, Strata with the tiers that it is about and, if one of them is Redis, the server.
struct Setting: Sendable {
    enum Layer: String, CaseIterable { case memory, redis, disk }

    /// How Strata is set up. Tiers write through, so that a fill that is answered has reached them all, and Redis has
    /// more time than in life: a busy test machine must not turn a hit into a miss.
    struct Options {
        var memory = "size: 64MB"
        var redis = "timeout: 2s, write: through"
        var disk = "size: 256MB, write: through"
        /// More keys of the origin, such as `timeout: 1s`.
        var origin = ""
        /// YAML below the one site.
        var site = ""
        /// YAML at the top level.
        var also = ""
    }

    let origin: Origin
    let redis: RedisServer?
    let proxy: Proxy

    static func start(_ layers: Set<Layer> = [.memory], _ adjust: (inout Options) -> Void = { _ in }) async throws
        -> Setting
    {
        var options = Options()
        adjust(&options)
        let origin = try await Origin.start()
        let redis = layers.contains(.redis) ? try RedisServer.start() : nil
        let folder = try TemporaryFolder()
        var tiers: [String] = []
        if layers.contains(.memory) { tiers.append("memory: { \(options.memory) }") }
        if let redis { tiers.append("redis: { url: \"\(redis.url)\", \(options.redis) }") }
        if layers.contains(.disk) { tiers.append("disk: { path: \"\(folder.path("cache"))\", \(options.disk) }") }
        let originKeys = options.origin.isEmpty ? "" : ", " + options.origin
        let text = """
            listen: ["127.0.0.1:0"]
            threads: 2
            state: "\(folder.path("state"))"
            admin: { listen: "127.0.0.1:0" }
            tiers: { \(tiers.joined(separator: ", ")) }
            log: { access: { path: "\(folder.path("access.log"))" } }
            sites:
              - hosts: ["*"]
                origin: { url: "\(origin.url(""))"\(originKeys) }
            \(indented(options.site))
            \(options.also)

            """
        return Setting(origin: origin, redis: redis, proxy: try await Proxy.start(text, in: folder))
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    }

    /// One request on a connection of its own. The host is always the same one: Strata's port, which changes with each
    /// start, would be a part of the key.
    func request(_ method: String, _ target: String, _ fields: [String] = [], body: String = "") async throws
        -> RawResponse
    {
        let hasHost = fields.contains { $0.lowercased().hasPrefix("host:") }
        return try await proxy.request(
            method, target, (hasHost ? [] : ["Host: story.example"]) + fields, body: body)
    }

    func get(_ target: String, _ fields: [String] = []) async throws -> RawResponse {
        try await request("GET", target, fields)
    }

    /// Waits until no fill is under way: a client has its last byte before the tiers have it.
    func settle() async throws {
        let isQuiet = try await eventually {
            try await proxy.askAdmin("GET", "/cache/stats").text.contains("\"flights\":0")
        }
        if !isQuiet { throw TestFailure("fills don't end") }
    }

    /// Takes the responses out of Redis, and them alone: without the log nobody could tell what was purged.
    func forgetInRedis() throws {
        let script = "for _, key in ipairs(redis.call('KEYS', 'strata:e:*')) do redis.call('DEL', key) end"
        _ = try redis?.command("EVAL", script, "0")
    }

    /// The number of requests for this target that reached the origin.
    func originCount(_ target: String) async throws -> Int { try await origin.count(target) }
}

extension RawResponse {
    var age: Int? { self["Age"].flatMap { Int($0) } }

    /// The tier of a hit: `memory`, `redis`, `disk`; nil if it is no hit.
    var hitTier: String? {
        guard cacheStatus.hasPrefix("strata; hit; ttl=") else { return nil }
        return cacheStatus.components(separatedBy: "detail=").last
    }

    var isStoredMiss: Bool { cacheStatus == "strata; fwd=uri-miss; stored" }
}

/// The value of a field in what `curl -i` or `curl -I` printed.
func field(_ name: String, in output: String) -> String? {
    output.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
        .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
}
