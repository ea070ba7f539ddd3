import CacheModel
import NIOCore
import RedisLocation
import RedisTier
import Synchronization
import TestSupport
import Testing

/// A real cluster of six nodes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ClusterTests {
    private static func configuration(_ cluster: RedisCluster) throws -> RedisTierConfiguration {
        var configuration = try RedisTierConfiguration(url: cluster.url)
        configuration.timeoutMilliseconds = 5000
        return configuration
    }

    private static func running(
        _ cluster: RedisCluster, _ body: (Fixture) async throws -> Void
    ) async throws {
        try await Fixture.running(try configuration(cluster)) { fixture in
            try await eventually("all masters are connected", within: .seconds(30)) {
                fixture.tier.details().connects >= 6 * UInt64(TestLoop.shared.count)
            }
            try await body(fixture)
        }
    }

    @Test("records lie on all masters, those of one URL in one slot, and each is found on both loops")
    func spread() async throws {
        let cluster = try RedisCluster.start()
        try await Self.running(cluster) { fixture in
            #expect(await fixture.fill(60) == 60)
            #expect(await fixture.hits(60) == 60)
            for master in cluster.servers[..<3] {
                guard case .integer(let count) = try master.command("DBSIZE") else { return }
                #expect(count > 5)
            }
            let primary = key("/varies")
            let variant = key("/varies", selection: [1, 2])
            #expect(await fixture.write(response(variant, body: [7]), variant) == .stored)
            #expect(await fixture.read(variant).body == [7])
            #expect(await fixture.remove(variant, entryID: 99) == true)
            let slots = [primary, variant].map { SlotHash.slot(of: ByteBuffer(string: fixture.name($0))) }
            #expect(slots[0] == slots[1])
            let names = ["foo", "{foo}x", "{}foo", "foo{", "a{b}{c}", fixture.name(variant)]
            for name in names {
                #expect(
                    try cluster.servers[0].command("CLUSTER", "KEYSLOT", name)
                        == .integer(SlotHash.slot(of: ByteBuffer(string: name))))
            }
            #expect(fixture.tier.details().redirections == 0)
        }
    }

    @Test("a slot on its way: ASK is followed for what has moved; once it has moved, MOVED, and the map is read again")
    func migratingSlot() async throws {
        let cluster = try RedisCluster.start()
        try await Self.running(cluster) { fixture in
            let key = key("/moving")
            let name = fixture.name(key)
            let slot = "\(SlotHash.slot(of: ByteBuffer(string: name)))"
            #expect(await fixture.write(response(key, body: [1]), key) == .stored)
            let home = try #require(
                cluster.servers[..<3].firstIndex { try! $0.command("EXISTS", name) == .integer(1) })
            let away = (home + 1) % 3
            let (homeID, awayID) = (try cluster.id(home), try cluster.id(away))
            try cluster.servers[away].command("CLUSTER", "SETSLOT", slot, "IMPORTING", homeID)
            try cluster.servers[home].command("CLUSTER", "SETSLOT", slot, "MIGRATING", awayID)
            try cluster.servers[home].command(
                "MIGRATE", "127.0.0.1", "\(cluster.servers[away].port)", name, "0", "5000")
            #expect(await fixture.read(key).body == [1])
            #expect(await fixture.write(response(key, body: [2], n: 2), key) == .stored)
            #expect(await fixture.read(key).body == [2])
            #expect(fixture.tier.details().redirections >= 3)
            for node in [away, home, 3 - home - away] {
                try cluster.servers[node].command("CLUSTER", "SETSLOT", slot, "NODE", awayID)
            }
            #expect(await fixture.read(key).body == [2])
            let before = fixture.tier.details().redirections
            #expect(await fixture.read(key).body == [2])
            #expect(await fixture.remove(key, entryID: nil) == true)
            #expect(fixture.tier.details().redirections == before, "the new place is known")
        }
    }

    @Test("a master dies under load: every call is answered, the others' keys stay, and its keys are hits again")
    func failover() async throws {
        let cluster = try RedisCluster.start()
        try await Self.running(cluster) { fixture in
            #expect(await fixture.fill(200) == 200)
            let ledger = OutageTests.Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { ledger.stop() }
                group.addTask { await OutageTests.load(fixture, ledger) }
                // What the master has acknowledged may not have reached its replica: give it the time that it takes.
                try await eventually("the replica has all") {
                    try cluster.servers[3].command("DBSIZE") == cluster.servers[0].command("DBSIZE")
                }
                cluster.servers[0].kill()
                try await eventually("the replica is master", within: .seconds(40)) { try cluster.isMaster(3) }
                try await eventually("its keys are hits again", within: .seconds(30)) {
                    await fixture.hits(200) >= 195
                }
                ledger.stop()
                try await group.waitForAll()
            }
            try await eventually("all callbacks") { ledger.pending == 0 }
            #expect(ledger.doubled == 0)
            #expect(fixture.tier.statistics().state == .up)
            #expect(fixture.tier.details().moves >= 1)
            #expect(await fixture.fill(30, from: 1000) == 30)
        }
    }

    @Test("a connection of one's own follows its key when a master dies")
    func keyConnection() async throws {
        let cluster = try RedisCluster.start()
        try await Self.running(cluster) { fixture in
            let key = "strata:{log}:feed"
            let slot = SlotHash.slot(of: ByteBuffer(string: key))
            let home = slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2
            let events = Mutex<[KeyConnection.Event]>([])
            let loop = TestLoop.shared[1]
            let connection = KeyConnection(to: key, fixture.tier.servers, on: loop.eventLoop) { event in
                events.withLock { $0.append(event) }
            }
            loop.execute { connection.start() }
            let first = RedisAddress.host("127.0.0.1", port: cluster.servers[home].port)
            let second = RedisAddress.host("127.0.0.1", port: cluster.servers[home + 3].port)
            try await eventually("it is up") { events.withLock { $0.contains(.up(first)) } }
            @Sendable func append(_ value: String) async -> Result<Reply, TierFailure> {
                await once(on: loop) { done in
                    let command = Command("XADD", key, "*", "v", value)
                    connection.send(command, withinMilliseconds: 5000) { done($0) }
                }
            }
            guard case .success(.bulk) = await append("1") else {
                Issue.record("not appended")
                return
            }
            cluster.servers[home].kill()
            try await eventually("it has moved", within: .seconds(40)) { events.withLock { $0.contains(.up(second)) } }
            try await eventually("it is used") {
                if case .success(.bulk) = await append("2") { return true }
                return false
            }
            #expect(events.withLock { $0.contains { if case .down = $0 { true } else { false } } })
            loop.execute { connection.close() }
            #expect(await append("3") == .failure(.closed))
        }
    }
}
