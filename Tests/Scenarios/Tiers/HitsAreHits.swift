import TestSupport
import Testing

extension TierStories {
    @Suite("Counters of hits")
    struct HitsAreHits {
        @Test("A tier has a hit where it answered, and a miss where it could not", arguments: Setting.Layer.allCases)
        func each(tier: Setting.Layer) async throws {
            let setting = try await Setting.start([tier])
            let plain = "/page/plain?max-age=600"
            let varied = "/page/varied?max-age=600&vary=Accept-Language"
            // Two misses, four hits.
            for _ in 0..<3 {
                for target in [plain, varied] {
                    _ = try await setting.get(target, ["Accept-Language: a"])
                    try await setting.settle()
                }
            }
            // Another variant, what is purged, and what the request does not want as it is: three misses.
            _ = try await setting.get(varied, ["Accept-Language: b"])
            _ = try await setting.request("PURGE", plain)
            _ = try await setting.get(plain)
            try await setting.settle()
            _ = try await setting.get(plain, ["Cache-Control: no-cache"])
            try await setting.settle()
            let name = ["memory": "l1_memory", "redis": "l2_redis", "disk": "l3_disk"][tier.rawValue]!
            let figures = try await setting.layer(name)
            #expect(figures["hits"] as? Int == 4, "\(figures)")
            // A slower tier is not asked by who wants the origin's word.
            #expect(figures["misses"] as? Int == (tier == .memory ? 5 : 4), "\(figures)")
            #expect(figures["promotions"] as? Int == 0, "\(figures)")
        }
    }
}
