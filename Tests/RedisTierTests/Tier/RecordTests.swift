import CacheModel
import Invalidation
import NIOCore
import RedisTier
import Synchronization
import TestSupport
import Testing

/// What goes in and out, against a real server.
@Suite(.timeLimit(.minutes(1))) struct RecordTests {
    let server: RedisServer
    let configuration: RedisTierConfiguration

    init() throws {
        (server, configuration) = try Fixture.shared()
    }

    @Test("a record comes back as it was written, on every loop; what was not written is a miss")
    func roundTrip() async throws {
        try await Fixture.connected(configuration) { fixture in
            let before = fixture.tier.statistics()
            for (path, count) in [("/empty", 0), ("/small", 100), ("/chunk", 20_000), ("/large", 1 << 20)] {
                let key = key(path, selection: Array("gzip".utf8))
                #expect(await fixture.read(key).isMiss)
                #expect(await fixture.write(response(key, body: body(count)), key) == .stored)
                for loop in TestLoop.shared {
                    let read = await fixture.read(key, on: loop)
                    #expect(read.body == body(count))
                    guard case .hit(.response(let response)) = read else { continue }
                    #expect(response.meta.asOf == Position(epoch: 7, n: 1) && response.meta.entryID == 99)
                    #expect(Array(response.etag) == Array(#""v1""#.utf8))
                    #expect(Array(response.key) == key.primary.bytes && Array(response.selection) == key.selection)
                }
            }
            let index = VariantIndex(
                asOf: Position(epoch: 7, n: 2), entryID: 5, fieldNames: [Array("accept".utf8)],
                selections: [[1], [2, 3]])
            #expect(await fixture.write(.variants(index), key("/varies")) == .stored)
            guard case .hit(.variants(let found)) = await fixture.read(key("/varies")) else {
                Issue.record("no index")
                return
            }
            #expect(found == index)
            let statistics = fixture.tier.statistics()
            #expect(statistics.state == .up && statistics.entries == nil && statistics.bytes == nil)
            #expect(statistics.hits == 9 && statistics.misses - before.misses == 4 && statistics.writes == 5)
        }
    }

    @Test("callbacks run on the caller's loop, wherever the call came from")
    func loops() async throws {
        try await Fixture.connected(configuration) { fixture in
            for loop in TestLoop.shared {
                let isCurrent = await withCheckedContinuation { continuation in
                    fixture.tier.read(key("/x"), on: loop) { _ in continuation.resume(returning: loop.isCurrent) }
                }
                #expect(isCurrent)
            }
        }
    }

    @Test("a thousand reads in flight at once are answered each with its own record")
    func pipelining() async throws {
        try await Fixture.connected(configuration) { fixture in
            for i in 0..<100 {
                _ = await fixture.write(response(key("/\(i)"), body: body(i * 7, seed: i)), key("/\(i)"))
            }
            let loop = TestLoop.shared[0]
            let order = Mutex<[Int]>([])
            let matching = await withTaskGroup(of: Bool.self) { group in
                let results = AsyncStream<Bool> { stream in
                    loop.execute {
                        for i in 0..<1000 {
                            fixture.tier.read(key("/\(i % 110)"), on: loop) { read in
                                order.withLock { $0.append(i) }
                                let wanted = i % 110 < 100 ? body(i % 110 * 7, seed: i % 110) : nil
                                stream.yield(read.body == wanted && (wanted != nil || read.isMiss))
                                if i == 999 { stream.finish() }
                            }
                        }
                    }
                }
                group.addTask { await results.reduce(0) { $0 + ($1 ? 1 : 0) } == 1000 }
                return await group.next()!
            }
            #expect(matching)
            #expect(order.withLock { $0 } == Array(0..<1000))
        }
    }

    struct Order: Sendable, CustomTestStringConvertible {
        var there: (epoch: UInt64, n: UInt64)
        var new: (epoch: UInt64, n: UInt64)
        var result: TierWrite
        var testDescription: String { "\(there) then \(new): \(result)" }
    }

    @Test(
        "a write never replaces a record of a higher position of its epoch (invalidation.md rule 7)",
        arguments: [
            Order(there: (7, 5), new: (7, 4), result: .superseded),
            Order(there: (7, 5), new: (7, 5), result: .stored),
            Order(there: (7, 5), new: (7, 6), result: .stored),
            Order(there: (7, 255), new: (7, 256), result: .stored),
            Order(there: (7, 256), new: (7, 255), result: .superseded),
            Order(there: (7, 127), new: (7, 128), result: .stored),
            Order(there: (7, 128), new: (7, 127), result: .superseded),
            Order(there: (7, 1 << 63), new: (7, 1), result: .superseded),
            Order(there: (7, .max), new: (7, .max - 1), result: .superseded),
            Order(there: (7, 0x0100_0000_0000_00ff), new: (7, 0x0200_0000_0000_0000), result: .stored),
            Order(there: (7, 5), new: (8, 1), result: .stored),
            Order(there: (8, 5), new: (7, 1), result: .stored),
            Order(there: (0x0d0a_0000_2500_0000, 0), new: (0x0d0a_0000_2500_0000, 0), result: .stored),
        ])
    func superseded(_ row: Order) async throws {
        try await Fixture.connected(configuration) { fixture in
            let key = key("/ordered")
            let old = response(key, body: [1], epoch: row.there.epoch, n: row.there.n)
            let new = response(key, body: [2], epoch: row.new.epoch, n: row.new.n)
            #expect(await fixture.write(old, key) == .stored)
            #expect(await fixture.write(new, key) == row.result)
            #expect(await fixture.read(key).body == (row.result == .stored ? [2] : [1]))
            #expect(fixture.tier.details().superseded == (row.result == .stored ? 0 : 1))
        }
    }

    @Test("bytes that are no record give way to any write")
    func garbageIsReplaced() async throws {
        try await Fixture.connected(configuration) { fixture in
            let key = key("/garbage")
            for garbage in ["", "x", String(repeating: "\u{7f}", count: 200)] {
                try server.command("SET", fixture.name(key), garbage)
                #expect(await fixture.write(response(key, body: [1], n: 0), key) == .stored)
                #expect(await fixture.read(key).body == [1])
            }
        }
    }

    @Test("a delete names the entry and leaves another one alone; without a name it takes what is there")
    func conditionalDelete() async throws {
        try await Fixture.connected(configuration) { fixture in
            let key = key("/deleted")
            let id: UInt64 = 0x0d0a_00ff_8000_2524
            #expect(await fixture.remove(key, entryID: id) == false)
            #expect(await fixture.write(response(key, body: [1], entryID: id), key) == .stored)
            #expect(await fixture.remove(key, entryID: id ^ 1) == false)
            #expect(await fixture.remove(key, entryID: 0) == false)
            #expect(await fixture.read(key).body == [1])
            #expect(await fixture.remove(key, entryID: id) == true)
            #expect(await fixture.read(key).isMiss)
            #expect(await fixture.write(response(key, body: [1]), key) == .stored)
            #expect(await fixture.remove(key, entryID: nil) == true)
            #expect(await fixture.remove(key, entryID: nil) == false)
            try server.command("RPUSH", fixture.name(key), "a list")
            #expect(await fixture.remove(key, entryID: 1) == false)
            #expect(fixture.tier.statistics().removals == 2)
        }
    }

    @Test("every key is printable ASCII under the prefix and has an expiry, capped by max_ttl and at least 1 ms")
    func expiry() async throws {
        var capped = configuration
        capped.maxTTLMilliseconds = 40_000
        capped.prefix = "my:app:" + configuration.prefix
        try await Fixture.connected(capped) { fixture in
            for (i, ttl) in [Int64.max, 50_000, 30_000, 1, 0, -5, .min].enumerated() {
                #expect(await fixture.write(response(key("/\(i)"), body: [1]), key("/\(i)"), ttl: ttl) == .stored)
            }
            guard case .array(let keys) = try server.command("KEYS", capped.prefix + "*") else { return }
            #expect(keys.count >= 3)
            for name in keys.compactMap(\.text) {
                #expect(name.hasPrefix(capped.prefix + "e:") && name.utf8.count == capped.prefix.utf8.count + 4 + 32)
                #expect(name.utf8.allSatisfy { (0x21...0x7e).contains($0) })
                guard case .integer(let left) = try server.command("PTTL", name) else { continue }
                // -2: it went in between; -1 would be a key for ever.
                #expect(left == -2 || (0...40_000).contains(left))
            }
            guard case .integer(let third) = try server.command("PTTL", fixture.name(key("/2"))) else { return }
            #expect((1...30_000).contains(third))
            try await eventually("the shortest lives end") { await fixture.read(key("/4")).isMiss }
        }
        try await Fixture.connected(configuration) { fixture in
            #expect(await fixture.write(response(key("/for-ever"), body: [1]), key("/for-ever"), ttl: .max) == .stored)
            guard case .integer(let left) = try server.command("PTTL", fixture.name(key("/for-ever"))) else { return }
            #expect(left > 300_000_000_000)
        }
    }

    @Test("what is too large for the tier is dropped before it is sent")
    func tooLarge() async throws {
        var small = configuration
        small.maxObject = 1000
        try await Fixture.connected(small) { fixture in
            let key = key("/size")
            #expect(fixture.tier.maxObject == 1000)
            #expect(await fixture.write(response(key, body: body(1001)), key) == .dropped(.tooLarge))
            #expect(try server.command("EXISTS", fixture.name(key)) == .integer(0))
            #expect(await fixture.write(response(key, body: body(1000)), key) == .stored)
            #expect(fixture.tier.statistics().failures[.tooLarge] == 1)
            // Filed by an instance with a larger limit: passed over without losing the connection.
            try server.command(bytes: [Array("SET".utf8), Array(fixture.name(key).utf8), body(600_000)])
            #expect(await fixture.read(key).isMiss)
            #expect(await fixture.read(RecordTests.other).isMiss)
            #expect(fixture.tier.statistics().failures[.tooLarge] == 2)
            #expect(fixture.tier.details().losses == 0)
        }
    }

    private static let other = key("/other")
}
