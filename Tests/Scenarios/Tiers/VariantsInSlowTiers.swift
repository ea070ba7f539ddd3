import TestSupport
import Testing

extension TierStories {
    /// Variants of one URL in a tier that is not memory.
    @Suite("Variants in slow tiers")
    struct VariantsInSlowTiers {
        @Test(
            "Responses that vary on more than others of their URL do not push them out",
            arguments: [Setting.Layer.redis, .disk])
        func differing(tier: Setting.Layer) async throws {
            let setting = try await Setting.start([tier])
            let target = "/page/v?max-age=600&vary=Accept-Language&vary-more=X-Tint"
            let requests = [["Accept-Language: a"], ["Accept-Language: b", "X-Vary-More: 1", "X-Tint: blue"]]
            for fields in requests {
                #expect(try await setting.get(target, fields).cacheStatus.hasSuffix("; stored"))
                try await setting.settle()
            }
            for _ in 0..<2 {
                for fields in requests { #expect(try await setting.get(target, fields).hitTier == tier.rawValue) }
            }
        }

        @Test("More variants than a list names are not kept", arguments: [Setting.Layer.redis, .disk])
        func many(tier: Setting.Layer) async throws {
            let setting = try await Setting.start([tier])
            let target = "/page/v?max-age=600&vary=Accept-Language"
            for number in 0..<70 {
                _ = try await setting.get(target, ["Accept-Language: a\(number)"])
                try await setting.settle()
            }
            #expect(try await setting.get(target, ["Accept-Language: a69"]).hitTier == tier.rawValue)
            #expect(try await setting.get(target, ["Accept-Language: a0"]).hitTier == nil)
        }
    }
}
