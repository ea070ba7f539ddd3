import Foundation
import TestSupport

/// Several instances of Strata in front of one origin, with one Redis: memory and Redis, both of their own defaults but
/// for what the story says.
struct Fleet: Sendable {
    let origin: Origin
    let proxies: [Proxy]

    /// - Parameters:
    ///   - redis: its URL.
    ///   - options: more keys of that tier. A busy test machine must not turn a hit into a miss: there is time.
    static func start(
        _ count: Int, redis: String, options: String = "timeout: 10s, write: through", memory: String = "size: 64MB"
    ) async throws -> Fleet {
        let origin = try await Origin.start()
        var proxies: [Proxy] = []
        for _ in 0..<count {
            let folder = try TemporaryFolder()
            let proxy = try await Proxy.start(
                """
                listen: ["127.0.0.1:0"]
                threads: 2
                state: "\(folder.path("state"))"
                admin: { listen: "127.0.0.1:0" }
                tiers: { memory: { \(memory) }, redis: { url: "\(redis)", \(options) } }
                log: { access: { path: "\(folder.path("access.log"))" } }
                sites:
                  - hosts: ["*"]
                    origin: { url: "\(origin.url(""))" }

                """, in: folder)
            proxies.append(proxy)
        }
        return Fleet(origin: origin, proxies: proxies)
    }

    func get(_ target: String, from index: Int) async throws -> RawResponse {
        try await proxies[index].get(target, ["Host: story.example"])
    }

    /// What the statistics of an instance say about Redis: `up`, `down` or `probing`.
    func redisState(of index: Int) async throws -> String? {
        let body = try await proxies[index].askAdmin("GET", "/cache/stats").body
        let statistics = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let layers = statistics?["layers"] as? [String: [String: Any]]
        return layers?["l2_redis"]?["state"] as? String
    }
}
