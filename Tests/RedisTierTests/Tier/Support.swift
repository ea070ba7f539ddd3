import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import Logging
import NIOCore
import RedisTier
import Synchronization
import TestSupport
import Testing

/// A tier over the shared test loops, and what it logged. Without load the budget is never the point: it is generous.
struct Fixture: Sendable {
    let tier: RedisTier
    let logs: CapturedLogs
    let prefix: String

    static func configuration(_ server: RedisServer) throws -> RedisTierConfiguration {
        var configuration = try RedisTierConfiguration(url: server.url)
        configuration.timeoutMilliseconds = 5000
        return configuration
    }

    /// A server for the tests that do it no harm, and a key prefix for one of them.
    static func shared() throws -> (RedisServer, RedisTierConfiguration) {
        let server = try sharedServer.get()
        var configuration = try configuration(server)
        configuration.prefix = "t\(testNumber.add(1, ordering: .relaxed).newValue):"
        return (server, configuration)
    }

    private static let sharedServer = Result { try RedisServer.start() }
    private static let testNumber = Atomic(0)

    /// The key in Redis.
    func name(_ key: TierKey) -> String {
        guard !key.selection.isEmpty else { return "\(prefix)e:{\(key.digest.hex)}" }
        return "\(prefix)e:{\(TierKey(primary: key.primary).digest.hex)}:\(key.digest.hex)"
    }

    init(_ configuration: RedisTierConfiguration, start: Bool = true) throws {
        let logs = CapturedLogs()
        self.logs = logs
        prefix = configuration.prefix
        tier = try RedisTier(
            configuration, eventLoops: TestLoop.shared.map(\.eventLoop),
            logger: Logger(label: "redis", factory: { _ in CapturedLogs.Handler(logs: logs) }))
        if start { tier.start() }
    }

    /// Runs the body with a connected tier and shuts the tier down.
    static func connected(
        _ configuration: RedisTierConfiguration, _ body: (Fixture) async throws -> Void
    ) async throws {
        try await running(configuration) { fixture in
            try await eventually("the tier is up") { fixture.isReady }
            try await body(fixture)
        }
    }

    static func running(_ configuration: RedisTierConfiguration, _ body: (Fixture) async throws -> Void) async throws {
        let fixture = try Fixture(configuration)
        do { try await body(fixture) } catch {
            await fixture.shutdown()
            throw error
        }
        await fixture.shutdown()
    }

    /// Writes this many records; returns how many the tier took.
    func fill(_ count: Int, from first: Int = 0, n: UInt64 = 1) async -> Int {
        var stored = 0
        for i in first..<first + count {
            if await write(response(key("/r\(i)"), body: body(i % 500, seed: i), n: n), key("/r\(i)")) == .stored {
                stored += 1
            }
        }
        return stored
    }

    /// Reads them; returns how many were hits with the right body. A hit with another body is an issue.
    func hits(_ count: Int, from first: Int = 0) async -> Int {
        var hits = 0
        for i in first..<first + count {
            switch await read(key("/r\(i)"), on: TestLoop.shared[i % TestLoop.shared.count]) {
            case .hit(.response(let response)):
                hits += 1
                #expect(TierRead.hit(.response(response)).body == body(i % 500, seed: i))
            case .hit(.variants): Issue.record("a list of variants")
            case .miss, .unavailable: break
            }
        }
        return hits
    }

    /// Whether both connections of every loop came to stand.
    var isReady: Bool { tier.details().connects >= 2 * TestLoop.shared.count }

    func shutdown(within bound: Int64 = 1000) async {
        await withCheckedContinuation { done in
            tier.shutdown(withinMilliseconds: bound) { done.resume() }
        }
    }

    func read(_ key: TierKey, on loop: NIOLoop = TestLoop.shared[0]) async -> TierRead {
        await once(on: loop) { tier.read(key, on: loop, $0) }
    }

    func write(
        _ record: Record, _ key: TierKey, ttl: Int64 = 60_000, isBehind: Bool = false,
        on loop: NIOLoop = TestLoop.shared[0]
    ) async -> TierWrite {
        await once(on: loop) {
            if isBehind {
                tier.writeBehind(record, key: key, ttlMilliseconds: ttl, on: loop, $0)
            } else {
                tier.write(record, key: key, ttlMilliseconds: ttl, on: loop, $0)
            }
        }
    }

    func remove(_ key: TierKey, entryID: UInt64?, on loop: NIOLoop = TestLoop.shared[0]) async -> Bool? {
        await once(on: loop) { tier.remove(key, entryID: entryID, on: loop, $0) }
    }
}

struct NotInTime: Error { var what: String }

/// Polls the condition until it holds; throws when it does not within the time.
func eventually(
    _ what: String, within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NotInTime(what: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

func key(_ path: String, selection: [UInt8] = []) -> TierKey {
    TierKey(
        primary: CacheKey(scheme: "http".utf8, host: "h".utf8, path: path.utf8, query: nil as [UInt8]?),
        selection: selection)
}

func response(
    _ key: TierKey, body: [UInt8], epoch: UInt64 = 7, n: UInt64 = 1, entryID: UInt64 = 99
) -> Record {
    let fields = Array("ETag: \"v1\"\r\nContent-Type: text/plain\r\n".utf8)
    return .response(
        StoredResponse(
            meta: ResponseMeta(
                status: 200,
                freshness: Freshness(responseTime: Timestamp(milliseconds: 1000), initialAge: 1, lifetime: 60),
                requestTime: Timestamp(milliseconds: 900), asOf: Position(epoch: epoch, n: n), entryID: entryID,
                instance: 3, localNumber: 4),
            key: key.primary, selection: key.selection, fields: fields, etag: 6..<10,
            tags: StoredResponse.packTags([Array("tag".utf8)]), body: .chunk(ByteBuffer(bytes: body))))
}

/// Bytes that differ from place to place and from seed to seed.
func body(_ count: Int, seed: Int = 0) -> [UInt8] {
    var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: seed), count: count)
    // Not every byte is its own: a debug build takes a second for a megabyte of those.
    for at in stride(from: 0, to: count, by: 997) { bytes[at] = UInt8(truncatingIfNeeded: at / 997 + seed + 1) }
    return bytes
}

extension TierRead {
    /// The body of a hit.
    var body: [UInt8]? {
        guard case .hit(.response(let response)) = self else { return nil }
        switch response.body {
        case .inline: return Array(response.inlineBody)
        case .chunk(let bytes): return Array(bytes.readableBytesView)
        case .external: return nil
        }
    }

    var isMiss: Bool {
        if case .miss = self { return true }
        return false
    }

    var failure: TierFailure? {
        if case .unavailable(let failure) = self { return failure }
        return nil
    }
}

/// The record's bytes as another client would see them.
func bytes(_ record: Record, _ key: TierKey) -> [UInt8] {
    Array(RecordCodec.encode(record, key: key).readableBytesView)
}

/// What was logged, one line an event.
final class CapturedLogs: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    struct Handler: LogHandler {
        let logs: CapturedLogs
        var logLevel = Logger.Level.trace
        var metadata = Logger.Metadata()

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
            logs.lines.withLock { $0.append("\(event.level) \(event.message) \(values)") }
        }
    }
}
