import Invalidation
import RedisTier
import TestSupport
import Testing

/// The log of a fleet on a real server (invalidation.md rules 10 to 18).
@Suite("The invalidation log in Redis", .timeLimit(.minutes(2))) struct RedisLogTests {
    @Test("a purge at one instance is applied at the other before it is answered, if the caller waits")
    func twoInstances() async throws {
        let (_, configuration) = try Fixture.shared()
        let a = try await LogInstance(configuration)
        let b = try await LogInstance(configuration)
        let before = a.log.table.position
        #expect(b.log.table.position == before && before.n == 0)
        for round in 1...20 {
            let receipt = try await (round.isMultiple(of: 2) ? a : b).purge("t", wait: 30_000)
            #expect(receipt.isComplete && receipt.position == Position(epoch: before.epoch, n: UInt64(round)))
            #expect(receipt.instances == InstanceCounts(live: 2, applied: 2, silent: 0))
            for one in [a, b] {
                #expect(one.verdict("t", asOf: Position(epoch: before.epoch, n: UInt64(round) - 1)) == .gone)
                #expect(one.verdict("t", asOf: receipt.position!) == .valid)
                #expect(one.verdict("other", asOf: before) == .valid)
            }
        }
        await b.close()
        // Who has left is not waited for.
        let alone = try await a.purge("t", wait: 30_000)
        #expect(alone.isComplete && alone.instances == InstanceCounts(live: 1, applied: 1, silent: 0))
        await a.close()
    }

    @Test("a newcomer has the whole table, compacted: hard then soft is both, soft then hard is hard (rules 10 and 11)")
    func newcomer() async throws {
        let (server, configuration) = try Fixture.shared()
        let a = try await LogInstance(configuration)
        let epoch = a.log.table.epoch
        func at(_ n: UInt64) -> Position { Position(epoch: epoch, n: n) }
        _ = try await a.purge("hs")
        _ = try await a.purge("hs", .soft)
        _ = try await a.purge("sh", .soft)
        _ = try await a.purge("sh")
        _ = try await a.purge("u", cause: .unsafeMethod)
        // More selectors than one part of a scan holds, in one record.
        let many = (0..<3000).map { Selector.tag(Array("m\($0)".utf8)) }
        let receipt = try await withCheckedContinuation { done in
            a.log.append(mode: .hard, selectors: many) { done.resume(returning: $0) }
        }.get()
        #expect(receipt.position == at(6))
        // Only the newest element of the feed is left.
        try server.command("XTRIM", "\(configuration.prefix){log}:feed", "MAXLEN", "1")
        let b = try await LogInstance(configuration)
        for one in [a, b] {
            #expect(one.log.table.position == at(6))
            #expect([0, 1, 2].map { one.verdict("hs", asOf: at($0)) } == [.gone, .stale, .valid])
            #expect([0, 3, 4].map { one.verdict("sh", asOf: at($0)) } == [.gone, .gone, .valid])
            #expect([4, 5].map { one.verdict("u", asOf: at($0)) } == [.gone, .valid])
            #expect([5, 6].map { one.verdict("m2999", asOf: at($0)) } == [.gone, .valid])
        }
        #expect(b.log.table.count == a.log.table.count)
        await a.close()
        await b.close()
    }

    @Test("FLUSHALL with no later purge: a new life, in which everything older is unknown (rule 11)")
    func flushed() async throws {
        let server = try RedisServer.start()
        let configuration = try Fixture.configuration(server)
        let a = try await LogInstance(configuration)
        let old = try #require(try await a.purge("t").position)
        try server.command("FLUSHALL")
        let isNew = await TestSupport.eventually { a.log.table.epoch != old.epoch }
        #expect(isNew)
        #expect(a.verdict("x", asOf: old) == .unknown)
        // What it accepted is sent again: a 304 must not bring back what was purged.
        let isBack = await TestSupport.eventually {
            a.verdict("t", asOf: Position(epoch: a.log.table.epoch, n: 0)) == .gone
        }
        #expect(isBack)
        await a.close()
    }

    @Test("with the log away a purge is kept, holds here, and is sent when the log is back (rule 17)")
    func away() async throws {
        let server = try RedisServer.start()
        let configuration = try Fixture.configuration(server)
        let a = try await LogInstance(configuration)
        let position = a.log.table.position
        let number = a.log.table.nextLocalNumber()
        server.kill()
        let receipt = try await a.purge("t", wait: 1000)
        #expect(receipt.position == nil && !receipt.isComplete)
        #expect(a.log.table.pendingCount == 1 && a.memory.remembered.own.count == 1)
        #expect(a.verdict("t", asOf: position) == .gone, "another's")
        #expect(a.verdict("t", asOf: position, localNumber: number) == .gone, "requested before")
        #expect(a.verdict("t", asOf: position, localNumber: a.log.table.nextLocalNumber()) == .valid)
        #expect(a.verdict("other", asOf: position) == .valid)
        // kill -9: the next process has it from the disk.
        let b = try await LogInstance(configuration, memory: KeptInTest(a.memory.remembered))
        #expect(b.log.status.isBlind && b.verdict("t", asOf: b.log.table.position) == .gone)
        try server.restart()
        let isSent = await TestSupport.eventually {
            a.log.table.pendingCount == 0 && b.log.table.pendingCount == 0 && !b.log.status.isBlind
                && a.memory.remembered.own.allSatisfy { $0.position != nil }
        }
        #expect(isSent)
        #expect(a.log.table.epoch == b.log.table.epoch && a.log.table.epoch != position.epoch)
        #expect(b.verdict("t", asOf: Position(epoch: b.log.table.epoch, n: 0)) == .gone)
        await a.close()
        await b.close()
    }

    @Test(
        "a log that lost the newest records and issues their numbers again is found out (rule 14)", arguments: [1, 3])
    func failover(later: Int) async throws {
        let server = try RedisServer.start()
        let configuration = try Fixture.configuration(server)
        let a = try await LogInstance(configuration)
        let old = try #require(try await a.purge("first").position)
        let keys = ["meta", "table", "feed", "members"].map { Array("strata:{log}:\($0)".utf8) }
        let copies = try keys.map { key -> [UInt8] in
            guard case .bulk(let bytes) = try server.command(bytes: [Array("DUMP".utf8), key]) else { return [] }
            return bytes
        }
        _ = try await a.purge("lost")
        await a.close()
        for (key, copy) in zip(keys, copies) {
            try server.command(bytes: [Array("RESTORE".utf8), key, Array("0".utf8), copy, Array("REPLACE".utf8)])
        }
        // Someone who never saw the lost record goes on from there.
        let b = try await LogInstance(configuration)
        #expect(b.log.table.position == old)
        for _ in 0..<later { _ = try await b.purge("after") }
        #expect(b.log.table.head == old.n + UInt64(later))
        let again = try await LogInstance(configuration, memory: KeptInTest(a.memory.remembered))
        #expect(again.log.table.epoch != old.epoch)
        #expect(await TestSupport.eventually { b.log.table.epoch == again.log.table.epoch })
        #expect(b.verdict("x", asOf: old) == .unknown)
        await again.close()
        await b.close()
    }

    @Test(
        "a part of the log that is evicted ends its life or is made again; no purge is lost (allkeys-lru)",
        arguments: ["meta", "table", "feed", "members"])
    func evicted(key: String) async throws {
        let server = try RedisServer.start()
        let configuration = try Fixture.configuration(server)
        let a = try await LogInstance(configuration)
        let b = try await LogInstance(configuration)
        let old = try #require(try await a.purge("t", wait: 30_000).position)
        try server.command("DEL", "strata:{log}:\(key)")
        let receipt = try await b.purge("t2", wait: 30_000)
        // The members are remembered: that the list was lost makes nobody forget who has to apply it.
        #expect(receipt.isComplete && receipt.instances == InstanceCounts(live: 2, applied: 2, silent: 0))
        let position = try #require(receipt.position)
        for one in [a, b] {
            let verdict = one.verdict("t2", asOf: old)
            #expect(verdict == .gone || verdict == .unknown, "\(verdict)")
            #expect(one.verdict("t", asOf: Position(epoch: old.epoch, n: old.n - 1)) != .valid)
            #expect(one.log.table.epoch == position.epoch)
        }
        // A feed that is made again from the next record on is as good as before.
        if key == "meta" || key == "table" { #expect(await TestSupport.eventually { a.log.table.epoch != old.epoch }) }
        await a.close()
        await b.close()
    }

    @Test("a full server takes purges all the same (noeviction); a server that refuses is as good as away")
    func full() async throws {
        let server = try RedisServer.start(arguments: ["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"])
        let configuration = try Fixture.configuration(server)
        let a = try await LogInstance(configuration)
        try server.command("CONFIG", "SET", "maxmemory", "1")
        #expect(try server.command("SET", "x", "y") != .status("OK"))
        #expect(try await a.purge("t").isComplete)
        try server.command("CONFIG", "SET", "maxmemory", "0")
        try server.command("CONFIG", "SET", "min-replicas-to-write", "1")
        let refused = try await a.purge("u")
        #expect(refused.position == nil && !refused.isComplete)
        try server.command("CONFIG", "SET", "min-replicas-to-write", "0")
        #expect(await TestSupport.eventually { a.log.table.pendingCount == 0 })
        await a.close()
    }

    @Test("old records go by a raised floor: below it nobody can tell; unsafe methods raise none (rules 13 and 21)")
    func trimmed() async throws {
        let (server, configuration) = try Fixture.shared()
        let a = try await LogInstance(configuration, maxRecords: 10)
        let b = try await LogInstance(configuration, maxRecords: 10)
        let epoch = a.log.table.epoch
        for n in 1...14 { _ = try await a.purge("t\(n)") }
        for n in 1...5 { _ = try await a.purge("u\(n)", cause: .unsafeMethod) }
        for one in [a, b] {
            let isTrimmed = await TestSupport.eventually { one.log.table.floor == 4 && one.log.table.count == 11 }
            #expect(isTrimmed, "\(one.log.table.floor), \(one.log.table.count)")
            #expect(one.verdict("x", asOf: Position(epoch: epoch, n: 3)) == .unknown)
            #expect(one.verdict("x", asOf: Position(epoch: epoch, n: 4)) == .valid)
            #expect(one.verdict("t14", asOf: Position(epoch: epoch, n: 3)) == .gone)
        }
        // 10 selectors, the newest of an unsafe method, and whose table it is.
        #expect(try server.command("HLEN", "\(configuration.prefix){log}:table") == .integer(12))
        let late = try await LogInstance(configuration, maxRecords: 10)
        #expect(late.log.table.floor == 4 && late.verdict("x", asOf: Position(epoch: epoch, n: 3)) == .unknown)
        for one in [a, b, late] { await one.close() }
    }

    @Test("another home begins a new life of the log, also when it comes back to an old one (rule 19)")
    func otherHome() async throws {
        let (_, configuration) = try Fixture.shared()
        let a = try await LogInstance(configuration, home: "redis A")
        let old = try #require(try await a.purge("t").position)
        await a.close()
        var remembered = a.memory.remembered
        let same = try await LogInstance(configuration, memory: KeptInTest(remembered), home: "redis A")
        #expect(same.log.table.position == old)
        await same.close()
        remembered.home = "journal"
        let back = try await LogInstance(configuration, memory: KeptInTest(remembered), home: "redis A")
        #expect(back.log.table.epoch != old.epoch)
        #expect(await TestSupport.eventually { back.memory.remembered.isSettled })
        #expect(back.memory.remembered.home == "redis A")
        await back.close()
    }

    @Test("out of contact for max_blind everything is unknown, until the next contact (rule 15)")
    func blind() async throws {
        let server = try RedisServer.start()
        let configuration = try Fixture.configuration(server)
        let a = try await LogInstance(configuration, maxBlind: 1000)
        #expect(!a.log.status.isBlind)
        server.signal(.stop)
        #expect(await TestSupport.eventually { a.log.status.isBlind })
        server.signal(.cont)
        #expect(await TestSupport.eventually { !a.log.status.isBlind })
        await a.close()
    }
}
