import Admin
import CacheModel
import Engine
import Foundation
import TestSupport
import Testing

@Suite("GET /cache/layers")
struct LayersTests {
    @Test("tells of each tier its place, settings, state and breaker, and how long calls took")
    func layers() async throws {
        var statistics = ProxyStatistics()
        statistics.tiers = [(.memory, TierStatistics()), (.redis, TierStatistics())]
        statistics.tiers[1].statistics.state = .probing
        statistics.tiers[1].statistics.reason = .timeout
        var figures = TierFigures()
        figures.readTimes = TimeSummary(count: 3, median: 150, p90: 200, p99: 1_500_000, p999: 1_500_000)
        figures.promotions = 2
        figures.fillsStored = 5
        figures.rejects = [.tooLarge: 1, .rule: 0]
        statistics.figures[.redis] = figures
        let answer = try await withAdmin(ToldProxy(statistics)) { try await RawClient.get("/cache/layers", from: $0) }
        let object = try answer.json
        let layers = try #require(object["layers"] as? [[String: Any]])
        #expect(layers.map { $0["name"] as? String } == ["l1_memory", "l2_redis"])
        #expect(layers[0]["breaker"] == nil)
        let redis = layers[1]
        #expect(redis["asked"] as? Int == 2 && redis["state"] as? String == "probing")
        #expect(redis["breaker"] as? String == "half_open")
        let settings = try #require(redis["settings"] as? [String: Any])
        #expect(settings["max_object"] as? Int == 1 << 20 && settings["timeout"] as? Double == 0.05)
        let shares = try #require(settings["partitions"] as? [String: Any])
        #expect(shares["default"] as? Int == 7 && shares["shop"] as? Bool == true)
        #expect(redis["reason"] as? String == "timeout" && layers[0]["reason"] is NSNull)
        let times = try #require(redis["read_time"] as? [String: Any])
        #expect(times["count"] as? Int == 3 && times["p50"] as? Double == 0.00015 && times["p99"] as? Double == 1.5)
        #expect((redis["fills"] as? [String: Int])?["stored"] == 5)
        #expect((redis["rejects"] as? [String: Int])?["too_large"] == 1)
        #expect(redis["promotions"] as? Int == 2)
    }
}
