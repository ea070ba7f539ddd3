import FixtureOrigin
import Foundation
import TestSupport
import Testing

extension TierStories {
    @Suite("Redis goes and comes back")
    struct RedisGoes {
        @Test("Stopped under load: no client sees an error; started again, it is used again within 2 s")
        func stoppedUnderLoad() async throws {
            let setting = try await Setting.start([.memory, .redis]) {
                // Small, so that most requests ask Redis; with the time budget of life.
                $0.memory = "size: 1MB"
                $0.redis = "timeout: 50ms"
            }
            let redis = try #require(setting.redis)
            let end = ContinuousClock.now + .milliseconds(1500)
            let mistakes = try await withThrowingTaskGroup(of: [String].self) { group in
                for number in 0..<4 { group.addTask { try await Self.load(setting.proxy, number, until: end) } }
                try await Task.sleep(for: .milliseconds(500))
                redis.shutdown()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(mistakes.isEmpty, "\(mistakes.prefix(5))")
            #expect(try await setting.proxy.askAdmin("GET", "/ready").status == 200)
            let state = try await self.state(setting.proxy) ?? "none"
            #expect(["down", "probing"].contains(state))

            try redis.restart()
            let back = ContinuousClock.now
            var turn = 0
            let isUsed = try await eventually(within: .seconds(5), every: .milliseconds(50)) {
                turn += 1
                _ = try await setting.get("/page/back-\(turn)?max-age=60")
                return try redis.command("KEYS", "strata:e:*") != .array([])
            }
            #expect(isUsed)
            #expect(ContinuousClock.now - back < .seconds(2))
            #expect(try await eventually { try await self.state(setting.proxy) == "up" })
        }

        /// What the statistics say about Redis.
        private func state(_ proxy: Proxy) async throws -> String? {
            let body = try await proxy.askAdmin("GET", "/cache/stats").body
            let statistics = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            let layers = statistics?["layers"] as? [String: [String: Any]]
            return layers?["l2_redis"]?["state"] as? String
        }

        private static func load(_ proxy: Proxy, _ number: Int, until end: ContinuousClock.Instant) async throws
            -> [String]
        {
            var mistakes: [String] = []
            var turn = number
            let client = try RawClient(proxy.address)
            while ContinuousClock.now < end {
                let path = "/page/load-\(turn % 40)"
                turn += 1
                let page = try await client.request("GET", path + "?size=20KB&max-age=600", ["Host: story.example"])
                if page.status != 200 || page.body != PageBody.bytes(ofPath: path, size: 20 << 10) {
                    mistakes.append("\(path): \(page.status) \(page.cacheStatus) \(page.body.count)")
                }
            }
            return mistakes
        }

        @Test("Frozen, it costs a request its time budget, and then nothing; thawed, it is used again")
        func frozen() async throws {
            let setting = try await Setting.start([.memory, .redis]) { $0.redis = "timeout: 50ms" }
            let redis = try #require(setting.redis)
            _ = try await setting.get("/page/before?max-age=60")
            redis.signal(.stop)
            let clock = ContinuousClock()
            var slowest = Duration.zero
            for turn in 0..<20 {
                let start = clock.now
                let page = try await setting.get("/page/frozen-\(turn)?max-age=60")
                let time = clock.now - start
                #expect(page.status == 200)
                slowest = max(slowest, time)
            }
            #expect(slowest < .milliseconds(500), "\(slowest)")
            #expect(try await setting.get("/page/before?max-age=60").hitTier == "memory")
            redis.signal(.cont)
            var turn = 0
            #expect(
                try await eventually(within: .seconds(5), every: .milliseconds(50)) {
                    turn += 1
                    _ = try await setting.get("/page/thawed-\(turn)?max-age=60")
                    let keys = try redis.command("KEYS", "strata:e:*")
                    guard case .array(let list) = keys else { return false }
                    return list.count > 1
                })
        }

        @Test("Full, with a password that changed, or with rubbish under the key: a miss, never an error")
        func troubles() async throws {
            let setting = try await Setting.start([.memory, .redis])
            let redis = try #require(setting.redis)
            let target = "/page/rubbish?max-age=60&size=5KB"
            _ = try await setting.get(target)
            try await setting.settle()
            guard case .array(let keys) = try redis.command("KEYS", "strata:e:*"), case .bulk(let key)? = keys.first,
                case .bulk(let value) = try redis.command(bytes: [Array("GET".utf8), key])
            else {
                Issue.record("no entry in Redis")
                return
            }
            var flipped = value
            flipped[value.count / 2] ^= 1
            for bad in [flipped, Array(value.dropLast()), [], Array("rubbish".utf8)] {
                try redis.command(bytes: [Array("SET".utf8), key, bad])
                try await setting.proxy.restart()
                let page = try await setting.get(target)
                #expect(page.hitTier == nil)
                #expect(page.body == PageBody.bytes(ofPath: "/page/rubbish", size: 5 << 10))
                // The client has its last byte before Redis has the page: what is set next would be overwritten.
                try await setting.settle()
            }
            try redis.command("CONFIG", "SET", "maxmemory", "1")
            #expect(try await setting.get("/page/full?max-age=60").status == 200)
            try redis.command("CONFIG", "SET", "requirepass", "changed")
            try await setting.proxy.restart()
            #expect(try await setting.get("/page/locked?max-age=60").status == 200)
        }
    }
}
