import CacheModel
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Invalidation
@testable import RedisTier

/// The model of a fleet (`InvalidationTests`) runs on `SimulatedLog` in place of Redis: what it proves holds as far as
/// the scripts do the same. Random commands go to both, in the form in which the product sends and reads them.
@Suite("The scripts and the simulated log") struct SimulatedLogTests {
    @Test("random commands have the same answers, and leave the same log", arguments: 0..<60 as Range<UInt64>)
    func same(seed: UInt64) async throws {
        // An answer that is lost on a busy machine leaves it open whether the command was carried out: from the beginning.
        for _ in 0..<10 {
            let (server, configuration) = try Fixture.shared()
            var pair = try await LogPair(server, configuration, seed: seed)
            do {
                try await run(&pair, seed)
                return await pair.close()
            } catch is LogConnection.Failure {
                await pair.close()
            }
        }
        Issue.record("seed \(seed): the server does not answer")
    }

    private func run(_ pair: inout LogPair, _ seed: UInt64) async throws {
        for step in 0..<80 {
            let name = try await pair.step()
            let isSame = try await pair.holdsTheSame()
            guard pair.difference == nil, isSame else {
                let why = pair.difference ?? "what they hold"
                let history = pair.history.joined(separator: "\n")
                Issue.record("seed \(seed), step \(step), after \(name): \(why)\n\(history)")
                return
            }
        }
    }

    @Test("a table whose marks are no marks begins a new life, and nothing is half done")
    func brokenMarks() async throws {
        let (server, configuration) = try Fixture.shared()
        var pair = try await LogPair(server, configuration, seed: 1)
        let record = InvalidationRecord(n: 0, nonce: 7, mode: .hard, selectors: [.tag([0x74])], acceptedAt: 1)
        let first = try await pair.append(record)
        let field = RecordBytes.encode(.tag([0x74]))
        try server.command(bytes: [
            Array("HSET".utf8), Array("\(configuration.prefix){log}:table".utf8), field, Array("1 2 x".utf8),
        ])
        let second = try await pair.append(record)
        #expect(second.epoch != first.epoch && second.n == 1)
        await pair.close()
    }

    /// Meta of an older past than the feed, which takes no lower id: the feed is made again.
    @Test("a feed that is ahead of n gives way, and the record is taken")
    func feedAhead() async throws {
        let (server, configuration) = try Fixture.shared()
        var pair = try await LogPair(server, configuration, seed: 1)
        let record = InvalidationRecord(n: 0, nonce: 7, mode: .hard, selectors: [.tag([0x74])], acceptedAt: 1)
        for _ in 0..<3 { try await pair.append(record) }
        try server.command("HSET", "\(configuration.prefix){log}:meta", "n", "1")
        pair.goBack(to: 1)
        #expect(try await pair.append(record).n == 2)
        #expect(try server.command("XLEN", "\(configuration.prefix){log}:feed") == .integer(1))
        await pair.close()
    }
}

/// A log on a server and a simulated one, to which the same is done.
private struct LogPair {
    private let server: RedisServer
    private let prefix: String
    private let servers: RedisServers
    private let connection: LogConnection
    private var simulated = SimulatedLog()
    private var random: SplitMix
    private(set) var difference: String?
    private(set) var history: [String] = []
    private var members: [UInt64] = []

    init(_ server: RedisServer, _ configuration: RedisTierConfiguration, seed: UInt64) async throws {
        self.server = server
        prefix = configuration.prefix
        random = SplitMix(state: seed)
        simulated.feedLength = .max
        simulated.readCount = 256
        let loop = TestLoop.shared[0].eventLoop
        servers = try RedisServers(
            configuration, eventLoops: [loop], logger: Logger(label: "log") { _ in SwiftLogNoOpLogHandler() })
        servers.start()
        let connection = LogConnection(servers, eventLoop: loop)
        self.connection = connection
        loop.execute { connection.start() }
        for attempt in 0... {
            do {
                _ = try await feed(after: 0)
                return
            } catch {
                if attempt == 400 { throw error }
                try await Task.sleep(for: .milliseconds(25))
            }
        }
    }

    func close() async {
        let connection = connection
        await withCheckedContinuation { done in
            connection.eventLoop.execute {
                connection.shutdown()
                done.resume()
            }
        }
        await withCheckedContinuation { done in servers.shutdown(withinMilliseconds: 1000) { done.resume() } }
    }

    // MARK: Both

    private static let tags: [Selector] = [
        .tag([0x61]), .tag([0x62]), .url(host: [0x68], target: [0x2f]), .prefix(host: [0x68], prefix: [0x2f]),
        .glob([0x2a]), .host([0x68]), .all,
        .partition([0x70]), .tag([0x61]).within([0x70]),
    ]

    mutating func step() async throws -> String {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45:
            let cause: InvalidationCause = Int.random(in: 0..<4, using: &random) == 0 ? .unsafeMethod : .purge
            let record = InvalidationRecord(
                n: 0, nonce: random.next(), mode: cause == .unsafeMethod || Bool.random(using: &random) ? .hard : .soft,
                cause: cause,
                selectors: Array(Self.tags.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))),
                acceptedAt: Int64.random(in: 0...1_000_000, using: &random))
            _ = try await append(record)
            return note("append \(record.mode) \(record.cause) \(record.selectors.count)")
        case 45..<65: return note(try await contact())
        case 65..<75: return note(try await trim())
        case 75..<81: return note(try await replaceEpoch())
        case 81..<85: return note(try await read())
        case 85..<89:
            let kept = Int.random(in: 0...3, using: &random)
            try server.command("XTRIM", "\(prefix){log}:feed", "MAXLEN", "\(kept)")
            simulated.feed = simulated.feed.suffix(kept)
            return note("the feed is trimmed to \(kept)")
        case 89..<91:
            try server.command("DEL", "\(prefix){log}:meta")
            simulated.epoch = nil
            return note("meta is gone")
        case 91..<93:
            try server.command("DEL", "\(prefix){log}:table")
            (simulated.table, simulated.tableEpoch) = ([:], nil)
            return note("the table is gone")
        case 93..<95:
            try server.command("DEL", "\(prefix){log}:feed")
            simulated.feed = []
            return note("the feed is gone")
        case 95..<97:
            try server.command("DEL", "\(prefix){log}:members")
            (simulated.members, simulated.membersSince) = ([:], nil)
            return note("the members are gone")
        default:
            for key in ["meta", "table", "feed", "members"] { try server.command("DEL", "\(prefix){log}:\(key)") }
            simulated.flush()
            return note("everything is gone")
        }
    }

    private mutating func note(_ text: String) -> String {
        history.append(text)
        return text
    }

    private mutating func compare<Value: Equatable>(_ what: String, _ real: Value, _ model: Value) {
        if real != model, difference == nil { difference = "\(what): \(real) on the server, \(model) simulated" }
    }

    mutating func goBack(to n: UInt64) { simulated.n = n }

    @discardableResult
    mutating func append(_ record: InvalidationRecord) async throws -> Position {
        let real = try await ask { connection, done in connection.append(record) { done($0) } }
        // A life that begins has the epoch that the sender drew.
        compare("position", real, simulated.append(record, newEpoch: real.epoch))
        return real
    }

    private mutating func contact() async throws -> String {
        let member = UInt64.random(in: 1...4, using: &random)
        let text = Announcement(
            counter: .random(in: 0...9, using: &random), applied: Position(epoch: 1, n: 2), maxBlind: 3
        ).text
        let predecessor: UInt64? = Int.random(in: 0..<3, using: &random) == 0 ? .random(in: 5...8, using: &random) : nil
        var forget: [(id: UInt64, text: String)] = []
        if let (id, text) = simulated.members.sorted(by: { $0.key < $1.key }).randomElement(using: &random),
            id != member
        {
            forget = [(id, Bool.random(using: &random) ? text : "something else")]
        }
        let request = ContactRequest(
            applied: Position(epoch: 0, n: 0),
            mark: .random(in: 0...(simulated.n + 2), using: &random), newEpoch: random.next() | 1)
        let gone = forget
        let real = try await ask { connection, done in
            connection.contact(
                request, member: member, announcement: text, predecessor: predecessor, forget: gone
            ) { done($0) }
        }
        let model = simulated.contact(
            request, member: member, announcement: text, predecessor: predecessor, forget: forget, now: 0)
        compare("contact", real.reply, model.reply)
        compare("members", real.members, model.members)
        if real.age < 0 || real.age > 600_000 { difference = "age \(real.age)" }
        return "contact, mark \(request.mark)"
    }

    private mutating func trim() async throws -> String {
        let floor = UInt64.random(in: 0...(simulated.n + 1), using: &random)
        let purged = Self.tags.filter { _ in Bool.random(using: &random) }
        let unsafe = simulated.table.keys.filter { _ in Bool.random(using: &random) }.map { selector in
            let n = simulated.table[selector]?.unsafeMethod.n ?? 0
            return (selector: selector, n: Bool.random(using: &random) ? n : n + 1)
        }.filter { $0.n > 0 }
        let epoch = Int.random(in: 0..<6, using: &random) == 0 ? 1 : simulated.epoch ?? 1
        func record(_ n: UInt64, _ selectors: [Selector]) -> InvalidationRecord {
            InvalidationRecord(n: n, nonce: 0, mode: .hard, selectors: selectors, acceptedAt: 0)
        }
        let due = TrimmedRecords(
            floor: floor, purges: purged.isEmpty ? [] : [record(floor, purged)],
            unsafeMethods: unsafe.map { record($0.n, [$0.selector]) })
        let real = try await ask { connection, done in connection.trim(epoch: epoch, due) { done($0) } }
        compare(
            "trim", real, simulated.trim(epoch: epoch, floor: floor, purged: purged, unsafeMethods: unsafe))
        return "trim to \(floor), \(purged.count) purged, \(unsafe.count) of unsafe methods"
    }

    private mutating func replaceEpoch() async throws -> String {
        let new = random.next() | 1
        let old = Int.random(in: 0..<4, using: &random) == 0 ? 1 : simulated.epoch ?? 1
        try await ask { connection, done in connection.replaceEpoch(old: old, new: new) { done($0) } }
        let replaces = simulated.epoch == old
        simulated.replaceEpoch(old: old, new: new, nonce: 0)
        // Its nonce is drawn by the connection.
        if replaces, let mark = try await feed(after: 0).last { simulated.feed[0].nonce = mark.nonce }
        return "replace the epoch: \(replaces)"
    }

    private mutating func read() async throws -> String {
        let after = UInt64.random(in: 0...(simulated.n + 1), using: &random)
        compare("feed", try await feed(after: after), simulated.read(after: after))
        return "read after \(after)"
    }

    // MARK: What they hold

    mutating func holdsTheSame() async throws -> Bool {
        compare("feed", try await feed(after: 0), simulated.read(after: 0))
        var found: [Selector: SelectorMarks] = [:]
        var cursor: [UInt8]? = [0x30]
        while let at = cursor {
            let part = try await ask { connection, done in connection.scan(cursor: at) { done($0) } }
            for (selector, marks) in part.marks { found[selector] = marks }
            cursor = part.cursor
        }
        compare("table", found, simulated.table)
        let meta = try server.command("HMGET", "\(prefix){log}:meta", "n", "floor")
        if simulated.epoch != nil {
            let model = ["\(simulated.n)", "\(simulated.floor)"].map { RedisReply.bulk(Array($0.utf8)) }
            compare("meta", meta, .array(model))
        }
        return difference == nil
    }

    private func feed(after n: UInt64) async throws -> [FeedItem] {
        try await ask { connection, done in connection.read(after: n, waitMilliseconds: 0) { done($0) } }
    }

    @discardableResult
    private func ask<Value: Sendable>(
        _ command:
            @escaping @Sendable (
                LogConnection, @escaping @Sendable (Result<Value, LogConnection.Failure>) -> Void
            ) -> Void
    ) async throws -> Value {
        let connection = connection
        return try await withCheckedContinuation { (done: CheckedContinuation<_, Never>) in
            connection.eventLoop.execute { command(connection) { done.resume(returning: $0) } }
        }.get()
    }
}
