import CacheModel
import Invalidation
import NIOCore
import RedisTier
import Synchronization
import TestSupport
import Testing

/// Who of a fleet fills (invalidation.md rule 8): two tiers stand for two instances.
@Suite(.timeLimit(.minutes(1))) struct LeaseTests {
    static let asOf = Position(epoch: 7, n: 3)

    static func configuration(lease: Int64 = 60_000) throws -> (RedisServer, RedisTierConfiguration) {
        var (server, configuration) = try Fixture.shared()
        configuration.leaseMilliseconds = lease
        return (server, configuration)
    }

    static func pair(
        _ configuration: RedisTierConfiguration, _ body: (Fixture, Fixture) async throws -> Void
    ) async throws {
        try await Fixture.connected(configuration) { one in
            try await Fixture.connected(configuration) { other in try await body(one, other) }
        }
    }

    @Test("one is granted the lease, the other learns who has it and since which position, until it is given back")
    func oneFills() async throws {
        let (server, configuration) = try Self.configuration()
        try await Self.pair(configuration) { one, other in
            let key = key("/l")
            guard case .granted(let lease) = await one.lease(key), case .held(let held) = await other.lease(key) else {
                Issue.record("not granted to one")
                return
            }
            #expect(held.asOf == Self.asOf && held.nonce == lease.nonce && held.token == lease.token && held.key == key)
            #expect(await one.lease(key) == .held(held))
            guard case .granted = await other.lease(RedisTierTests.key("/another")) else {
                Issue.record("another key has a lease of its own")
                return
            }
            let name = "\(one.prefix)lease:{\(key.digest.hex)}"
            guard case .integer(let left) = try server.command("PTTL", name) else { return }
            #expect((1...60_000).contains(left))
            let waiting = Task { await other.wait(for: held) }
            #expect(await one.write(response(key, body: [1]), key) == .stored)
            one.tier.release(lease, on: TestLoop.shared[0])
            #expect(await waiting.value == .over)
            #expect(await other.read(key).body == [1])
            #expect(await other.lease(key) == .filled, "it saw none, and there is one now")
            guard case .granted(let next) = await other.lease(key, seen: 99) else {
                Issue.record("not granted for the entry that is there")
                return
            }
            #expect(next.token > lease.token)
            // The first holder is late: what it gives back is not its own any more.
            one.tier.release(lease, on: TestLoop.shared[0])
            guard case .held(let still) = await one.lease(key, seen: 99) else {
                Issue.record("given back by somebody else")
                return
            }
            #expect(still.nonce == next.nonce)
            #expect(one.tier.details().leases.granted == 1 && other.tier.details().leases.filled == 1)
        }
    }

    @Test("a holder that dies costs the lease's time, and no more")
    func deadHolder() async throws {
        // Long enough for a busy machine to ask twice in it.
        let (_, configuration) = try Self.configuration(lease: 2000)
        try await Self.pair(configuration) { one, other in
            guard case .granted = await one.lease(key("/d")), case .held(let held) = await other.lease(key("/d")) else {
                Issue.record("not granted to one")
                return
            }
            let outcome = await other.wait(for: held)
            #expect(outcome == .over || outcome == .timeout)
            guard case .granted = await other.lease(key("/d")) else {
                Issue.record("not free again")
                return
            }
        }
    }

    @Test("who no longer wants to wait does not")
    func unwanted() async throws {
        let (_, configuration) = try Self.configuration()
        try await Self.pair(configuration) { one, other in
            guard case .granted = await one.lease(key("/u")), case .held(let held) = await other.lease(key("/u")) else {
                Issue.record("not granted to one")
                return
            }
            let turns = Atomic(0)
            let outcome = await other.wait(for: held) { turns.add(1, ordering: .relaxed).newValue < 3 }
            #expect(outcome == .unwanted && turns.load(ordering: .relaxed) == 3)
        }
    }

    @Test(
        "rubbish under a lease's key, another type, and a server that is gone: fill without",
        arguments: ["rubbish", "1 2 3 4", ""])
    func rubbish(value: String) async throws {
        let (server, configuration) = try Self.configuration()
        try await Fixture.connected(configuration) { fixture in
            let name = "\(fixture.prefix)lease:{\(key("/x").digest.hex)}"
            if value.isEmpty { try server.command("RPUSH", name, "x") } else { try server.command("SET", name, value) }
            #expect(await fixture.lease(key("/x")) == .unavailable)
            let held = HeldLease(key: key("/x"), holder: 1, token: 1, nonce: 1, asOf: Self.asOf)
            #expect(await fixture.wait(for: held) == .over)
            #expect(fixture.tier.details().leases.unavailable == 1)
        }
        let fixture = try Fixture(configuration, start: false)
        #expect(await fixture.lease(key("/y")) == .unavailable)
    }

    @Test("a frozen server costs the budget; the lease that it granted late is given back")
    func late() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.leaseMilliseconds = 60_000
        configuration.timeoutMilliseconds = 300
        configuration.overdueMilliseconds = 60_000
        try await Fixture.connected(configuration) { fixture in
            try await eventually("the scripts are known") {
                if case .granted(let lease) = await fixture.lease(key("/warm")) {
                    fixture.tier.release(lease, on: TestLoop.shared[0])
                }
                return await fixture.write(response(key("/w"), body: [1]), key("/w")) == .stored
            }
            server.signal(.stop)
            #expect(await fixture.lease(key("/late")) == .unavailable)
            server.signal(.cont)
            try await eventually("nobody has it") {
                if case .granted = await fixture.lease(key("/late")) { return true }
                return false
            }
        }
    }
}

extension Fixture {
    func lease(_ key: TierKey, seen: UInt64? = nil) async -> LeaseAnswer {
        let loop = TestLoop.shared[0]
        return await once(on: loop) { tier.lease(key, seen: seen, asOf: LeaseTests.asOf, on: loop, $0) }
    }

    func wait(for lease: HeldLease, while isWanted: @escaping @Sendable () -> Bool = { true }) async -> LeaseWait {
        let loop = TestLoop.shared[0]
        return await once(on: loop) { tier.wait(for: lease, on: loop, while: isWanted, $0) }
    }
}
