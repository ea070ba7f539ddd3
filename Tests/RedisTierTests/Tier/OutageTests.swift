import CacheModel
import NIOCore
import RedisTier
import Synchronization
import TestSupport
import Testing

/// A server that dies, hangs and comes back.
@Suite(.serialized, .timeLimit(.minutes(1))) struct OutageTests {
    /// Calls made and calls back received, by number of the call.
    final class Ledger: Sendable {
        private let calls = Mutex<[Int]>([])
        private let isOver = Atomic(false)

        func stop() { isOver.store(true, ordering: .relaxed) }
        var isStopped: Bool { isOver.load(ordering: .relaxed) }

        func open() -> Int {
            calls.withLock {
                $0.append(0)
                return $0.count - 1
            }
        }
        func close(_ call: Int) { calls.withLock { $0[call] += 1 } }
        var count: Int { calls.withLock { $0.count } }
        var pending: Int { calls.withLock { $0.count { $0 == 0 } } }
        var doubled: Int { calls.withLock { $0.count { $0 > 1 } } }
    }

    /// Keeps reads, writes and removals going on both loops until told to stop.
    static func load(_ fixture: Fixture, _ ledger: Ledger) async {
        await withTaskGroup(of: Void.self) { group in
            for loop in TestLoop.shared {
                group.addTask {
                    var i = 0
                    while !ledger.isStopped {
                        for _ in 0..<8 {
                            i += 1
                            let key = key("/\(i % 50)")
                            let number = ledger.open()
                            switch i % 4 {
                            case 0:
                                let record = response(key, body: body(i % 3 == 0 ? 20_000 : 50), n: UInt64(i))
                                fixture.tier.write(record, key: key, ttlMilliseconds: 5000, on: loop) { _ in
                                    ledger.close(number)
                                }
                            case 1: fixture.tier.remove(key, entryID: 99, on: loop) { _ in ledger.close(number) }
                            default: fixture.tier.read(key, on: loop) { _ in ledger.close(number) }
                            }
                        }
                        try? await Task.sleep(for: .milliseconds(5))
                    }
                }
            }
        }
    }

    @Test("killed under load: every callback fires exactly once, and the server is used again soon after its return")
    func killedUnderLoad() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.timeoutMilliseconds = 1000
        try await Fixture.connected(configuration) { fixture in
            let ledger = Ledger()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Also when the story below fails: the load must end for the group to end.
                defer { ledger.stop() }
                group.addTask { await Self.load(fixture, ledger) }
                for _ in 0..<2 {
                    let before = fixture.tier.statistics().hits
                    try await eventually("there are hits") { fixture.tier.statistics().hits > before + 50 }
                    server.kill()
                    try await eventually("it is down") { fixture.tier.statistics().state == .down }
                    try server.restart()
                    try await eventually("it is in use again", within: .seconds(20)) {
                        fixture.tier.statistics().state == .up
                    }
                }
                ledger.stop()
                try await group.waitForAll()
            }
            try await eventually("all callbacks") { ledger.pending == 0 }
            #expect(ledger.count > 500 && ledger.doubled == 0)
            #expect((fixture.tier.statistics().failures[.disconnected] ?? 0) > 0)
        }
    }

    @Test("a write that nobody waits for has more time than the others")
    func behind() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.timeoutMilliseconds = 50
        configuration.behindMilliseconds = 60_000
        configuration.overdueMilliseconds = 60_000
        try await Fixture.connected(configuration) { fixture in
            // The scripts are known.
            #expect(await fixture.write(response(key("/b"), body: [0]), key("/b"), isBehind: true) == .stored)
            try server.command("CLIENT", "PAUSE", "60000", "WRITE")
            async let behind = fixture.write(response(key("/b"), body: [1], n: 2), key("/b"), isBehind: true)
            try await eventually("it is under way") {
                try server.command("CLIENT", "LIST").text?.contains(" flags=b ") == true
            }
            // Sent after it, and its time is up before anything is answered.
            #expect(await fixture.write(response(key("/a"), body: [1]), key("/a")) == .dropped(.timeout))
            try server.command("CLIENT", "UNPAUSE")
            #expect(await behind == .stored)
            let filed = bytes(response(key("/b"), body: [1], n: 2), key("/b"))
            #expect(try server.command("GET", fixture.name(key("/b"))) == .bulk(filed))
            #expect(fixture.tier.statistics().failures == [.timeout: 1])
        }
    }

    @Test(
        "a hanging server: reads time out at their budget, then the breaker answers at once, until the server goes on")
    func hanging() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.timeoutMilliseconds = 200
        configuration.breakerThreshold = 3
        // So that the connection outlives the story on the slowest machine.
        configuration.overdueMilliseconds = 60_000
        try await Fixture.connected(configuration) { fixture in
            // Not by the tier: on a busy machine its budget could run out before the story begins.
            let record = bytes(response(key("/h"), body: [1]), key("/h"))
            try server.command(bytes: [Array("SET".utf8), Array(fixture.name(key("/h")).utf8), record])
            server.signal(.stop)
            // A timeout that this process noticed late does not count against the server: on a busy machine it takes more.
            var timeouts: UInt64 = 0
            while timeouts < 100 {
                let start = ContinuousClock.now
                let failure = await fixture.read(key("/h")).failure
                guard failure == .timeout else {
                    #expect(failure == .breakerOpen)
                    break
                }
                timeouts += 1
                let took = ContinuousClock.now - start
                #expect(took >= .milliseconds(199) && took < .seconds(10))
            }
            #expect(timeouts >= 3)
            // A probe that times out opens it again at once: no call pays for it.
            for _ in 0..<100 { #expect(await fixture.read(key("/h")).failure == .breakerOpen) }
            #expect(fixture.tier.statistics().failures == [.timeout: timeouts, .breakerOpen: 101])
            server.signal(.cont)
            try await eventually("late replies are discarded") { fixture.tier.details().lateReplies >= 3 }
            try await eventually("it is in use again", within: .seconds(20)) {
                await fixture.read(key("/h")).body == [1]
            }
            #expect(fixture.tier.details().losses == 0, "late replies are matched in order, without a new connection")
        }
    }

    @Test("a server that hangs on is left after a second, and found again soon after its return")
    func hangingOn() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.timeoutMilliseconds = 50
        configuration.connectTimeoutMilliseconds = 300
        try await Fixture.connected(configuration) { fixture in
            server.signal(.stop)
            try await eventually("the connections are left") {
                for loop in TestLoop.shared {
                    _ = await fixture.read(key("/h"), on: loop)
                    _ = await fixture.remove(key("/h"), entryID: nil, on: loop)
                }
                return fixture.tier.details().losses >= 4 && fixture.tier.statistics().state == .down
            }
            #expect(await fixture.read(key("/h")).failure == .disconnected)
            server.signal(.cont)
            try await eventually("it is in use again", within: .seconds(20)) { await fixture.read(key("/h")).isMiss }
        }
    }

    @Test("late replies do not go to the operations that came after")
    func lateReplies() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.timeoutMilliseconds = 60
        configuration.breakerThreshold = 1000
        configuration.overdueMilliseconds = 60_000
        try await Fixture.connected(configuration) { fixture in
            for i in 0..<20 {
                let record = bytes(response(key("/\(i)"), body: [UInt8(i)]), key("/\(i)"))
                try server.command(bytes: [Array("SET".utf8), Array(fixture.name(key("/\(i)")).utf8), record])
            }
            server.signal(.stop)
            for i in 0..<5 { #expect(await fixture.read(key("/\(i)")).failure == .timeout) }
            server.signal(.cont)
            for i in 5..<20 {
                let read = await fixture.read(key("/\(i)"))
                #expect(read.body == [UInt8(i)] || read.failure == .timeout)
            }
            try await eventually("all late ones came") { fixture.tier.details().lateReplies >= 5 }
            #expect(await fixture.read(key("/19")).body == [19])
        }
    }

    @Test("a full queue refuses at once")
    func queueFull() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.maxQueuedOperations = 10
        configuration.maxQueuedBytes = 300_000
        try await Fixture.connected(configuration) { fixture in
            server.signal(.stop)
            let loop = TestLoop.shared[0]
            let results = Mutex<[TierFailure?]>([])
            let writes = Mutex<[TierWrite]>([])
            await withCheckedContinuation { continuation in
                loop.execute {
                    for i in 0..<15 {
                        fixture.tier.read(key("/\(i)"), on: loop) { read in results.withLock { $0.append(read.failure) }
                        }
                    }
                    for i in 0..<3 {
                        let record = response(key("/\(i)"), body: body(200_000))
                        fixture.tier.write(record, key: key("/\(i)"), ttlMilliseconds: 1000, on: loop) { write in
                            writes.withLock { $0.append(write) }
                        }
                    }
                    continuation.resume()
                }
            }
            #expect(results.withLock { $0 } == Array(repeating: .queueFull, count: 5))
            #expect(writes.withLock { $0 } == Array(repeating: .dropped(.queueFull), count: 2))
            server.signal(.cont)
            try await eventually("the others are answered") {
                results.withLock { $0.count { $0 == nil } == 10 } && writes.withLock { $0.contains(.stored) }
            }
        }
    }

    @Test("before the start, and without a server, operations are answered at once; the log says why")
    func noServer() async throws {
        let server = try RedisServer.start()
        let configuration = try Fixture.configuration(server)
        server.kill()
        let fixture = try Fixture(configuration, start: false)
        #expect(await fixture.read(key("/a")).failure == .disconnected)
        #expect(await fixture.write(response(key("/a"), body: [1]), key("/a")) == .dropped(.disconnected))
        #expect(await fixture.remove(key("/a"), entryID: nil) == nil)
        #expect(fixture.tier.statistics().state == .down && fixture.logs.all.isEmpty)
        fixture.tier.start()
        try await eventually("the log says why") { fixture.logs.all.first?.contains("refused") == true }
        #expect(await fixture.read(key("/a")).failure == .disconnected)
        try server.restart()
        try await eventually("it is up", within: .seconds(20)) { fixture.tier.statistics().state == .up }
        try await eventually("and says so") { fixture.logs.all.last?.hasPrefix("info redis is up") == true }
        await fixture.shutdown()
    }

    @Test("shutdown finishes the writes that are queued, and then answers closed")
    func shutdown() async throws {
        let server = try RedisServer.start()
        let fixture = try Fixture(try Fixture.configuration(server))
        try await eventually("the tier is up") { fixture.isReady }
        let results = Mutex<[TierWrite]>([])
        let loop = TestLoop.shared[0]
        await withCheckedContinuation { continuation in
            loop.execute {
                for i in 0..<50 {
                    let record = response(key("/\(i)"), body: body(100_000))
                    fixture.tier.write(record, key: key("/\(i)"), ttlMilliseconds: 60_000, on: loop) { result in
                        results.withLock { $0.append(result) }
                    }
                }
                fixture.tier.shutdown(withinMilliseconds: 5000) { continuation.resume() }
            }
        }
        #expect(results.withLock { $0 } == Array(repeating: .stored, count: 50))
        #expect(try server.command("DBSIZE") == .integer(50))
        #expect(await fixture.read(key("/0")).failure == .closed)
        #expect(await fixture.write(response(key("/0"), body: [1]), key("/0")) == .dropped(.closed))
        #expect(fixture.tier.statistics().state == .down)
        await fixture.shutdown()
    }

    @Test("shutdown does not wait for a hanging server beyond its bound")
    func shutdownBound() async throws {
        let server = try RedisServer.start()
        let fixture = try Fixture(try Fixture.configuration(server))
        try await eventually("the tier is up") { fixture.isReady }
        server.signal(.stop)
        let result = Mutex<TierWrite?>(nil)
        let loop = TestLoop.shared[0]
        fixture.tier.write(response(key("/a"), body: [1]), key: key("/a"), ttlMilliseconds: 1000, on: loop) { write in
            result.withLock { $0 = write }
        }
        let start = ContinuousClock.now
        await fixture.shutdown(within: 100)
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(result.withLock { $0 } == .dropped(.closed))
    }
}
