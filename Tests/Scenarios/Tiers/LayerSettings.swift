import TestSupport
import Testing

extension TierStories {
    @Suite("What /cache/layers says of the settings")
    struct LayerSettings {
        @Test("every setting of each tier, and what partitions have of it")
        func all() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk]) {
                $0.memory = "size: 16MB"
                $0.redis = "timeout: 2s, lease: 3s, compress: { level: 4 }"
                $0.disk = "size: 256MB, save_index: 2s"
                $0.also = "partitions: { shop: { memory: 4MB, disk: off, redis: false } }"
            }
            func settings(_ name: String) async throws -> [String: Any] {
                try #require(try await DiskAway.layer(setting, name)?["settings"] as? [String: Any])
            }
            let (memory, redis, disk) = (
                try await settings("l1_memory"), try await settings("l2_redis"), try await settings("l3_disk")
            )
            #expect(Set(memory.keys) == ["size", "policy", "max_object", "max_ttl", "partitions"])
            #expect(memory["partitions"] as? [String: Int] == ["default": 12 << 20, "shop": 4 << 20])
            #expect(redis["lease"] as? Int == 3 && redis["tls"] as? String == "off")
            #expect(redis["compress"] as? [String: Int] == ["level": 4, "min_size": 1024])
            #expect(redis["partitions"] as? [String: Bool] == ["default": true, "shop": false])
            #expect(disk["save_index"] as? Int == 2 && disk["max_ttl"] as? String == "none")
            let shares = try #require(disk["partitions"] as? [String: Any])
            #expect(shares["default"] as? Int == 256 << 20 && shares["shop"] as? String == "off")
        }
    }
}
