import FixtureOrigin
import Foundation
import Synchronization
import TestSupport
import Testing

extension TierStories {
    @Suite("Redis fails over, sleeps, forgets")
    struct RedisFailover {
        /// Clients that read forty pages round and round, with nearly no memory tier: most requests ask Redis.
        private final class Load: Sendable {
            struct Tally: Sendable {
                var requests = 0
                var redisHits = 0
                var mistakes: [String] = []
                var slowest = Duration.zero
            }

            private let isOver = Atomic(false)
            let tally = Mutex(Tally())

            func stop() { isOver.store(true, ordering: .relaxed) }

            func run(_ proxy: Proxy, clients: Int = 4) async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<clients { group.addTask { try await self.client(proxy, number) } }
                    try await group.waitForAll()
                }
            }

            private func client(_ proxy: Proxy, _ number: Int) async throws {
                let client = try RawClient(proxy.address)
                var turn = number
                while !isOver.load(ordering: .relaxed) {
                    let path = "/page/load-\(turn % 40)"
                    turn += 1
                    let start = ContinuousClock.now
                    let page = try await client.request(
                        "GET", path + "?size=40KB&max-age=600", ["Host: story.example"])
                    let time = ContinuousClock.now - start
                    let isRight = page.status == 200 && page.body == PageBody.bytes(ofPath: path, size: 40 << 10)
                    let isRedisHit = page.hitTier == "redis"
                    tally.withLock {
                        $0.requests += 1
                        $0.redisHits += isRedisHit ? 1 : 0
                        $0.slowest = max($0.slowest, time)
                        if !isRight { $0.mistakes.append("\(path): \(page.status) \(page.cacheStatus)") }
                    }
                }
            }

            var requests: Int { tally.withLock { $0.requests } }
            var redisHits: Int { tally.withLock { $0.redisHits } }
        }

        /// Runs the story under load; no client may see anything but the right page.
        private static func underLoad(
            _ fleet: Fleet, _ story: (Load) async throws -> Void
        ) async throws -> Load.Tally {
            let load = Load()
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { load.stop() }
                group.addTask { try await load.run(fleet.proxies[0]) }
                #expect(await eventually(within: .seconds(60)) { load.redisHits > 100 }, "Redis is in use")
                try await story(load)
                let before = load.redisHits
                #expect(await eventually(within: .seconds(60)) { load.redisHits > before + 100 }, "hits resume")
                load.stop()
                try await group.waitForAll()
            }
            let tally = load.tally.withLock { $0 }
            #expect(tally.mistakes.isEmpty, "\(tally.mistakes.prefix(5))")
            return tally
        }

        private static func holds(_ condition: () async throws -> Bool) async throws {
            let holds = try await eventually(within: .seconds(60), condition)
            #expect(holds)
        }

        private static func waitForState(_ wanted: [String], _ fleet: Fleet) async throws {
            let holds = try await eventually(within: .seconds(60), every: .milliseconds(20)) {
                wanted.contains(try await fleet.redisState(of: 0) ?? "")
            }
            #expect(holds, "\(wanted)")
        }

        private static func start(_ url: String) async throws -> Fleet {
            try await Fleet.start(1, redis: url, options: "timeout: 100ms", memory: "size: 1MB")
        }

        @Test("Sentinels promote the replica under load: no client sees it, and hits resume")
        func sentinels() async throws {
            let servers = try RedisSentinels.start()
            let fleet = try await Self.start(servers.url)
            _ = try await Self.underLoad(fleet) { load in
                servers.servers[0].kill()
                try await Self.holds {
                    // It closes its connections as it is promoted.
                    (try? servers.servers[1].command("ROLE"))?.first?.text == "master"
                }
                // The new master is written to: what it did not have comes.
                try await Self.holds {
                    guard case .integer(let count) = try servers.servers[1].command("DBSIZE") else { return false }
                    return count >= 40
                }
            }
            #expect(try await fleet.redisState(of: 0) == "up")
        }

        @Test("A master of a cluster dies under load: no client sees it, and hits resume")
        func cluster() async throws {
            let cluster = try RedisCluster.start()
            let fleet = try await Self.start(cluster.url)
            _ = try await Self.underLoad(fleet) { load in
                cluster.servers[1].kill()
                try await Self.holds { try cluster.isMaster(4) }
                try await Self.holds {
                    let text = try cluster.servers[4].command("INFO", "commandstats").text ?? ""
                    return text.contains("cmdstat_get:")
                }
            }
        }

        @Test("Redis sleeps 12 s: nobody waits for it, the breaker opens and closes again")
        func sleeps() async throws {
            let redis = try RedisServer.start(arguments: ["--enable-debug-command", "local"])
            let fleet = try await Self.start(redis.url)
            let tally = try await Self.underLoad(fleet) { load in
                let sleeping = Task.detached { _ = try? redis.command("DEBUG", "SLEEP", "12") }
                try await Self.waitForState(["down", "probing"], fleet)
                let before = load.requests
                #expect(await eventually(within: .seconds(60)) { load.requests > before + 20 }, "answers go on")
                await sleeping.value
                try await Self.waitForState(["up"], fleet)
            }
            #expect(tally.slowest < .seconds(8), "no request sat the sleep out")
        }

        @Test("Redis stands still, and then is flushed: the breaker opens and closes, and it fills again")
        func standsStill() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Self.start(redis.url)
            _ = try await Self.underLoad(fleet) { load in
                redis.signal(.stop)
                try await Self.waitForState(["down", "probing"], fleet)
                let before = load.requests
                #expect(await eventually(within: .seconds(60)) { load.requests > before + 20 }, "answers go on")
                redis.signal(.cont)
                try await Self.waitForState(["up"], fleet)
                try redis.command("FLUSHALL")
            }
        }

        @Test("Redis is killed and starts again, empty: down, then up, and it fills again")
        func killed() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Self.start(redis.url)
            _ = try await Self.underLoad(fleet) { _ in
                redis.kill()
                try await Self.waitForState(["down"], fleet)
                try redis.restart()
                try await Self.waitForState(["up"], fleet)
            }
        }

        @Test("Redis is full: writes are dropped and counted, hits go on, every key has an expiry")
        func full() async throws {
            let redis = try RedisServer.start(arguments: ["--maxmemory-policy", "noeviction"])
            let fleet = try await Self.start(redis.url)
            _ = try await Self.underLoad(fleet) { _ in
                try redis.command("CONFIG", "SET", "maxmemory", "1")
                for number in 0..<10 {
                    #expect(try await fleet.get("/page/full-\(number)?max-age=60", from: 0).status == 200)
                }
                #expect(try await fleet.redisState(of: 0) == "up")
                let statistics = try await fleet.proxies[0].askAdmin("GET", "/cache/stats").text
                #expect(statistics.contains("\"full\""))
            }
            // The invalidation log alone has no expiry.
            guard case .array(let keys) = try redis.command("KEYS", "strata:[el]*") else { return }
            #expect(keys.count >= 40)
            for key in keys {
                guard case .bulk(let name) = key,
                    case .integer(let left) = try redis.command(bytes: [Array("PTTL".utf8), name])
                else { continue }
                // -2: it has gone meanwhile. -1 would be a key for ever.
                #expect(left != -1)
            }
        }
    }
}
