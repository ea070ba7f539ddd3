import Foundation
import TestSupport
import Testing

extension FleetStories {
    /// Schedules of invalidation.md with real processes, where these can show them; docs/invalidation.md has the list.
    @Suite("Named schedules of a fleet, with processes") struct FleetSchedules {
        private func warm(_ fleet: RunningFleet) async throws {
            try await fleet.waitForContact(live: fleet.proxies.count)
            for index in fleet.proxies.indices {
                let isWarm = try await eventually {
                    try await fleet.get(0, from: index).response.hitTier == "memory"
                }
                if !isWarm { throw TestFailure("instance \(index) does not keep the page") }
            }
        }

        private func expectEverywhere(_ version: Int, _ fleet: RunningFleet) async throws {
            for index in fleet.proxies.indices {
                let got = try await fleet.get(0, from: index)
                #expect(got.version == version, "instance \(index): \(got.response.cacheStatus)")
            }
        }

        @Test("FLUSHALL with no later purge: what is stored is validated")
        func flushedAlone() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await warm(fleet)
            // Nobody is told: only a validation can bring it.
            let version = try await fleet.origin.bump()
            #expect(try await fleet.get(0, from: 0).version < version)
            try fleet.redis.command("FLUSHALL")
            for index in 0..<2 {
                #expect(try await eventually { try await fleet.get(0, from: index).version == version })
            }
        }

        @Test("A failover to a replica that lacks the last two records, whose numbers are issued again")
        func failover() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await warm(fleet)
            var copy = LogCopy()
            try copy.take(from: fleet.redis)
            for _ in 0..<2 {
                try await fleet.origin.bump()
                #expect(try await fleet.purge(RunningFleet.target(0), at: 0, ["Purge-Wait: 20s"]).isEverywhere)
            }
            try await expectEverywhere(3, fleet)
            try copy.restore(to: fleet.redis)
            for _ in 0..<2 {
                try await fleet.origin.bump()
                #expect(try await fleet.purge("/", at: 1, ["Surrogate-Key: t0", "Purge-Wait: 20s"]).isEverywhere)
            }
            try await expectEverywhere(5, fleet)
        }

        @Test("The feed is trimmed past an instance that sleeps")
        func trimmedPast() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await warm(fleet)
            fleet.proxies[1].process.send(signal: SIGSTOP)
            try await fleet.origin.bump()
            #expect(try await fleet.purge(RunningFleet.target(0), at: 0).status == 200)
            #expect(try await fleet.purge("/elsewhere", at: 0).status == 200)
            try fleet.redis.command("XTRIM", "strata:{log}:feed", "MAXLEN", "1")
            fleet.proxies[1].process.send(signal: SIGCONT)
            try await fleet.purgeEverywhere("/nothing")
            try await expectEverywhere(2, fleet)
        }

        @Test("A lease held by an instance from before the purge is not waited for")
        func lease() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s", disk: false)
            try await fleet.waitForContact(live: 2)
            let target = "/version?max-age=60&delay=2s"
            let host = ["Host: \(RunningFleet.host)"]
            async let early = fleet.proxies[0].get(target, host)
            #expect(try await eventually { try await fleet.origin.count(target) == 1 })
            try await fleet.origin.bump()
            #expect(try await fleet.purge(target, at: 1, ["Purge-Wait: 20s"]).isEverywhere)
            #expect(try await fleet.proxies[1].get(target, host).text == "version 2\n")
            #expect(try await early.text == "version 1\n")
            #expect(try await fleet.origin.count(target) == 2)
            #expect(try await fleet.proxies[0].get(target, host).text == "version 2\n")
        }

        @Test("After a gap nothing is served stale: neither while revalidating nor when the origin is away")
        func staleAfterGap() async throws {
            let fleet = try await RunningFleet.start(1, maxBlind: "5s", disk: false)
            try await fleet.waitForContact(live: 1)
            let target = "/version?max-age=60&cc=stale-while-revalidate=600,stale-if-error=600"
            let host = ["Host: \(RunningFleet.host)"]
            _ = try await fleet.proxies[0].get(target, host)
            try await fleet.origin.bump()
            // A soft purge makes it stale: it may be served, once.
            #expect(try await fleet.purge(target, at: 0, ["Soft-Purge: 1"]).status == 200)
            #expect(try await fleet.proxies[0].get(target, host).text == "version 1\n")
            #expect(try await eventually { try await fleet.proxies[0].get(target, host).text == "version 2\n" })
            fleet.redis.kill()
            let isBlind = try await eventually {
                try await fleet.proxies[0].askAdmin("GET", "/cache/stats").text.contains("\"blind\":true")
            }
            #expect(isBlind)
            try await fleet.origin.bump()
            #expect(try await fleet.proxies[0].get(target, host).text == "version 3\n")
            try await fleet.origin.process.kill()
            #expect(try await fleet.proxies[0].get(target, host).status == 504)
        }

        @Test("A hard purge, and then the origin is away: no stale-if-error brings it back, from any tier")
        func hardWithOriginDown() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await warm(fleet)
            #expect(try await fleet.purge("/", at: 0, ["Surrogate-Key: t0", "Purge-Wait: 20s"]).isEverywhere)
            try await fleet.origin.process.kill()
            for proxy in fleet.proxies {
                let status = try await proxy.get(RunningFleet.target(0), ["Host: \(RunningFleet.host)"]).status
                #expect(status == 502 || status == 504)
            }
        }

        @Test("A Redis that is full takes purges; one that evicts the log costs validations, and no purge")
        func fullAndEvicting() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s", disk: false)
            try await warm(fleet)
            try fleet.redis.command("CONFIG", "SET", "maxmemory", "1")
            try await fleet.origin.bump()
            #expect(try await fleet.purge(RunningFleet.target(0), at: 0, ["Purge-Wait: 20s"]).isEverywhere)
            try await expectEverywhere(2, fleet)
            try fleet.redis.command("CONFIG", "SET", "maxmemory", "0")
            var version = 2
            for key in ["meta", "table", "feed", "members"] {
                try fleet.redis.command("DEL", "strata:{log}:\(key)")
                version = try await fleet.origin.bump()
                let answer = try await fleet.purge("/", at: 1, ["Surrogate-Key: t0", "Purge-Wait: 20s"])
                #expect(answer.isEverywhere, "\(key)")
                try await expectEverywhere(version, fleet)
            }
        }

        @Test("check warns of a Redis that may evict the log, and of one that does not answer (rule 18)")
        func check() async throws {
            let redis = try RedisServer.start(arguments: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"])
            let folder = try TemporaryFolder()
            try folder.write(
                """
                listen: ["127.0.0.1:0"]
                state: "\(folder.path("state"))"
                tiers: { redis: { url: "\(redis.url)" } }
                sites: [{ hosts: ["*"], origin: { url: "http://127.0.0.1:1" } }]

                """, to: "proxy.conf")
            func check() async throws -> CommandRun {
                try await run("strata", ["check", "--config", folder.path("proxy.conf")])
            }
            // A busy machine's Redis may take longer than check waits.
            let isWarned = try await eventually {
                let evicting = try await check()
                return evicting.succeeded && evicting.errors.contains("allkeys-lru")
            }
            #expect(isWarned)
            try redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            let isContent = try await eventually {
                let content = try await check()
                return content.succeeded && !content.errors.contains("warning")
            }
            #expect(isContent)
            redis.kill()
            let away = try await check()
            #expect(away.succeeded && away.errors.contains("does not answer"), "\(away.errors)")
        }
    }
}

/// The log as a server had it: what a replica that lags behind has.
struct LogCopy {
    private static let keys = ["meta", "table", "feed", "members"].map { "strata:{log}:\($0)" }
    private var dumps: [[UInt8]] = []

    var isWhole: Bool { dumps.count == Self.keys.count }

    /// Of one moment.
    mutating func take(from redis: RedisServer) throws {
        let commands = [["MULTI"]] + Self.keys.map { ["DUMP", $0] } + [["EXEC"]]
        let replies = try redis.commands(commands.map { $0.map { Array($0.utf8) } })
        guard case .array(let found)? = replies.last else { return }
        dumps = found.compactMap { if case .bulk(let bytes) = $0 { bytes } else { nil } }
    }

    /// In one step. Entries that came since are lost with the rest.
    func restore(to redis: RedisServer) throws {
        var commands: [[[UInt8]]] = [[Array("MULTI".utf8)], [Array("FLUSHALL".utf8)]]
        for (key, dump) in zip(Self.keys, dumps) {
            commands.append([Array("RESTORE".utf8), Array(key.utf8), Array("0".utf8), dump])
        }
        try redis.commands(commands + [[Array("EXEC".utf8)]])
    }
}
