import Foundation
import TestSupport
import Testing

extension PartitionStories {
    @Suite("What is stored in partitions")
    struct Apart {
        @Test("one URL in two partitions is two entries in every tier, whose bytes never mix")
        func oneURL() async throws {
            let setting = try await PartitionStories.start([.memory, .redis, .disk])
            let target = "/version?max-age=600&etag=1"
            let first = try await setting.get(target)
            #expect(first.isStoredMiss)
            _ = try await setting.origin.bump()
            let second = try await setting.get(target, blue)
            #expect(second.isStoredMiss && second.text != first.text)
            try await setting.settle()
            for tier in ["memory", "redis", "disk"] {
                if tier == "disk" { try Self.forgetInRedis(setting) }
                let (plain, tenant) = (try await setting.get(target), try await setting.get(target, blue))
                #expect(plain.hitTier == tier && plain.text == first.text)
                #expect(tenant.hitTier == tier && tenant.text == second.text)
                try await setting.proxy.restart()
            }
            #expect(try await setting.originCount(target) == 2)
        }

        /// Responses alone, of every partition.
        private static func forgetInRedis(_ setting: Setting) throws {
            let script = """
                for _, key in ipairs(redis.call('KEYS', 'strata:*e:*')) do \
                if redis.call('TYPE', key).ok == 'string' then redis.call('DEL', key) end end
                """
            _ = try setting.redis?.command("EVAL", script, "0")
        }

        @Test("keys in Redis say whose they are, and each has an expiry")
        func redisKeys() async throws {
            let setting = try await PartitionStories.start([.memory, .redis])
            _ = try await setting.get("/page/a?max-age=600")
            _ = try await setting.get("/page/shop/a?max-age=600")
            try await setting.settle()
            let redis = try #require(setting.redis)
            for pattern in ["strata:e:*", "strata:p:shop:e:*"] {
                let script = """
                    local keys = redis.call('KEYS', ARGV[1]) \
                    return #keys == 1 and redis.call('PTTL', keys[1]) > 0 and 'one' or 'none'
                    """
                #expect(try redis.command("EVAL", script, "0", pattern).text == "one", "\(pattern)")
            }
        }

        @Test("a part of a body, a HEAD and the debug fields know their partition")
        func partsAndHeads() async throws {
            let setting = try await PartitionStories.start()
            let target = "/page/parts?size=100KB&max-age=600&etag=v1&ranges=1"
            _ = try await setting.get(target, blue + ["Range: bytes=0-9999"])
            #expect(try await setting.get(target, blue + ["Range: bytes=5-9"]).hitTier == "memory")
            #expect(try await setting.get(target, ["Range: bytes=5-9"]).hitTier == nil)
            _ = try await setting.request("HEAD", "/page/shop/h?max-age=600")
            try await setting.settle()
            #expect(try await setting.get("/page/shop/h?max-age=600").hitTier == "memory")
            for (fields, name) in [(blue, "blue"), ([], "default")] {
                let answer = try await setting.get("/page/x?max-age=600", fields + ["Strata-Debug: 1"])
                #expect(answer["Strata-Partition"] == name)
            }
        }

        @Test("a POST makes the URL stale in the partition where it was sent, and leaves the others")
        func unsafeMethods() async throws {
            let setting = try await PartitionStories.start()
            let target = "/version?max-age=600"
            for fields in [[], blue] { #expect(try await setting.get(target, fields).isStoredMiss) }
            _ = try await setting.request("POST", target, blue)
            #expect(try await setting.get(target).hitTier == "memory")
            #expect(try await setting.get(target, blue).isStoredMiss)
        }

        @Test("the listing tells of each, or of one")
        func listing() async throws {
            let setting = try await PartitionStories.start()
            for target in ["/page/a?max-age=600", "/page/shop/a?max-age=600"] { _ = try await setting.get(target) }
            _ = try await setting.get("/page/a?max-age=600", blue)
            try await setting.settle()
            for tier in ["memory", "disk"] {
                var found: [String: Int] = [:]
                var cursor: String? = "0"
                while let at = cursor {
                    let page = try await Self.page(setting, "tier=\(tier)&cursor=\(at)")
                    for name in page.partitions { found[name, default: 0] += 1 }
                    cursor = page.cursor
                }
                #expect(found == ["default": 1, "shop": 1, "blue": 1], "\(tier)")
                #expect(try await Self.page(setting, "tier=\(tier)&partition=shop").partitions == ["shop"])
            }
            #expect(try await setting.proxy.askAdmin("GET", "/cache/keys?partition=shoe").status == 400)
        }

        private static func page(
            _ setting: Setting, _ query: String
        ) async throws -> (partitions: [String], cursor: String?) {
            let answer = try await setting.proxy.askAdmin("GET", "/cache/keys?" + query)
            #expect(answer.status == 200, "\(answer.text)")
            let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            let keys = object?["keys"] as? [[String: Any]] ?? []
            return (keys.compactMap { $0["partition"] as? String }, object?["cursor"] as? String)
        }
    }
}
