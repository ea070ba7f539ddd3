import CacheModel
import NIOCore
import RedisLocation
import RedisTier
import TestSupport
import Testing

/// A real master, its replica and three sentinels.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SentinelTests {
    @Test("the master dies under load: no call is left open, and hits resume from the replica; a sentinel dies too")
    func failover() async throws {
        let fleet = try RedisSentinels.start()
        var configuration = try RedisTierConfiguration(url: fleet.url)
        configuration.timeoutMilliseconds = 5000
        try await Fixture.connected(configuration) { fixture in
            #expect(await fixture.fill(100) == 100)
            #expect(fixture.tier.servers.nodeStates.map(\.name) == ["127.0.0.1:\(fleet.servers[0].port)"])
            let ledger = OutageTests.Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { ledger.stop() }
                group.addTask { await OutageTests.load(fixture, ledger) }
                try await eventually("the replica has all") {
                    try fleet.servers[1].command("DBSIZE") == fleet.servers[0].command("DBSIZE")
                }
                fleet.sentinels[0].signal(.stop)
                fleet.servers[0].kill()
                try await eventually("the replica is found", within: .seconds(40)) {
                    fixture.tier.servers.nodeStates.map(\.name) == ["127.0.0.1:\(fleet.servers[1].port)"]
                }
                try await eventually("hits resume", within: .seconds(30)) { await fixture.hits(100) >= 95 }
                ledger.stop()
                try await group.waitForAll()
            }
            fleet.sentinels[0].signal(.cont)
            try await eventually("all callbacks") { ledger.pending == 0 }
            #expect(ledger.doubled == 0 && fixture.tier.details().moves == 1)
            try await eventually("it is written to") { await fixture.fill(1, from: 5000) == 1 }
        }
    }

    @Test("a failover on command, without a death: writes to the old master are refused, and the new one is found")
    func switchover() async throws {
        let fleet = try RedisSentinels.start()
        var configuration = try RedisTierConfiguration(url: fleet.url)
        configuration.timeoutMilliseconds = 5000
        try await Fixture.connected(configuration) { fixture in
            #expect(await fixture.fill(20) == 20)
            try await eventually("the replica may be promoted", within: .seconds(20)) {
                try fleet.sentinels[1].command("SENTINEL", "FAILOVER", "main") == .status("OK")
            }
            try await eventually("the new master takes writes", within: .seconds(40)) {
                guard fixture.tier.servers.nodeStates.map(\.name) == ["127.0.0.1:\(fleet.servers[1].port)"] else {
                    return false
                }
                return await fixture.fill(20, n: 2) == 20
            }
            try await eventually("both loops are there") { await fixture.hits(20) == 20 }
        }
    }

    @Test("a master's name that the sentinels don't know is said in the log, once for each reason")
    func unknownName() async throws {
        let sentinel = try RedisServer.startSentinel([])
        let configuration = try RedisTierConfiguration(url: "redis+sentinel://127.0.0.1:\(sentinel.port)/nobody")
        try await Fixture.running(configuration) { fixture in
            try await eventually("the log says why") {
                fixture.logs.all.contains { $0.contains("it knows no master nobody") }
            }
            #expect(await fixture.read(key("/a")).failure == .disconnected)
            #expect(fixture.tier.statistics().state == .down)
        }
    }
}
