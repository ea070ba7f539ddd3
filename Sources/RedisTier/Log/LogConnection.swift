internal import CacheModel
internal import Invalidation
internal import Logging
internal import NIOCore

/// The log's two connections to its node: one that follows the log and waits in `XREAD`, one that appends. On one loop of
/// their own; everything but `init` is called there.
final class LogConnection: @unchecked Sendable {
    // Safe because the links and the `var` are used on `eventLoop` only; the rest is immutable.

    enum Failure: Error {
        /// No answer, or none in time: what was sent may have been done.
        case lost(String)
        /// The server refused.
        case refused(String)

        var text: String {
            switch self {
            case .lost(let text), .refused(let text): text
            }
        }
    }

    let eventLoop: any EventLoop
    private let keys: LogKeys
    private let tail: Link
    private let writer: Link
    /// The server takes scripts with the line for Redis 7.
    private var isModern = true

    /// Milliseconds for an answer that nothing holds up.
    static let patience: Int64 = 1000
    /// Elements of the feed that are kept: an instance that misses more of them reads the table.
    static let feedLength = 8192
    /// Elements in one answer.
    private static let batch = 256

    init(_ configuration: RedisTierConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        keys = LogKeys(prefix: configuration.prefix)
        var configuration = configuration
        configuration.timeoutMilliseconds = Self.patience
        // The log asks again by itself, and each time the server has to prove itself.
        configuration.breakerThreshold = 1_000_000
        configuration.maxQueuedBytes = 256 << 20
        let limits = ReplyLimits(
            maxBulk: RecordBytes.maxLength, maxSkipped: RecordBytes.maxLength, maxElements: 1 << 21, maxDepth: 6)
        let settings = LinkSettings(configuration, replyLimits: limits)
        let health = NodeHealth(node: configuration.nodeName + " (invalidation log)", logger: logger)
        tail = Link(.read, eventLoop: eventLoop, settings: settings, health: health)
        writer = Link(.write, eventLoop: eventLoop, settings: settings, health: health)
    }

    func start() {
        tail.start()
        writer.start()
    }

    /// The server that answers can't be the log's home: look for another.
    func hangUp(_ reason: String) {
        tail.hangUp(reason)
        writer.hangUp(reason)
    }

    func shutdown(_ done: @escaping @Sendable () -> Void) {
        let (tail, writer) = (tail, writer)
        writer.shutdown(withinMilliseconds: Self.patience) { tail.shutdown(withinMilliseconds: 0, done) }
    }

    // MARK: Following

    /// Announces this instance.
    /// - Parameters:
    ///   - predecessor: the id of a member that is gone for certain.
    ///   - forget: members to be taken off the list.
    func contact(
        _ request: ContactRequest, member: UInt64, announcement: String, predecessor: UInt64?,
        forget: [(id: UInt64, text: String)], _ done: @escaping (Result<LogReplies.Contact, Failure>) -> Void
    ) {
        var arguments = [
            LogReplies.text(hex: request.newEpoch), LogReplies.text(hex: member), ByteBuffer(string: announcement),
            ByteBuffer(string: "\(request.mark)"), predecessor.map { LogReplies.text(hex: $0) } ?? ByteBuffer(),
        ]
        for (id, text) in forget { arguments += [LogReplies.text(hex: id), ByteBuffer(string: text)] }
        run(.contact, arguments, on: tail) { done($0.flatMap { Self.read($0, LogReplies.contact) }) }
    }

    func read(
        after n: UInt64, waitMilliseconds: Int64, _ done: @escaping (Result<[FeedItem], Failure>) -> Void
    ) {
        var words = ["XREAD", "COUNT", "\(Self.batch)"]
        if waitMilliseconds > 0 { words += ["BLOCK", "\(waitMilliseconds)"] }
        let command = Command(
            (words + ["STREAMS"]).map { ByteBuffer(string: $0) } + [keys.feed, ByteBuffer(string: "\(n)-0")])
        submit(command, on: tail, within: Self.patience + waitMilliseconds) {
            done($0.flatMap { Self.read($0, LogReplies.feed) })
        }
    }

    func scan(cursor: [UInt8], _ done: @escaping (Result<ScanReply, Failure>) -> Void) {
        let command = Command([
            ByteBuffer(string: "HSCAN"), keys.table, ByteBuffer(bytes: cursor), ByteBuffer(string: "COUNT"),
            ByteBuffer(string: "1000"),
        ])
        submit(command, on: tail, within: Self.patience) { done($0.flatMap { Self.read($0, LogReplies.scan) }) }
    }

    func replaceEpoch(old: UInt64, new: UInt64, _ done: @escaping (Result<Void, Failure>) -> Void) {
        let words = [old, new, .random(in: 0 ... .max)].map { LogReplies.text(hex: $0) }
        run(.replaceEpoch, words, on: tail) { done($0.map { _ in }) }
    }

    // MARK: Writing

    func append(_ record: InvalidationRecord, _ done: @escaping (Result<Position, Failure>) -> Void) {
        let mode =
            switch (record.mode, record.cause) {
            case (.hard, .purge): "h"
            case (.hard, .unsafeMethod): "u"
            case (.soft, _): "s"
            }
        let arguments = [
            LogReplies.text(hex: .random(in: 1 ... .max)), LogReplies.text(hex: record.nonce),
            ByteBuffer(string: mode), ByteBuffer(string: "\(max(0, record.acceptedAt))"),
            ByteBuffer(bytes: RecordBytes.encode(record)), ByteBuffer(string: "\(Self.feedLength)"),
        ]
        // A selector named twice would be counted twice.
        let selectors = Set(record.selectors.map { RecordBytes.encode($0) }).map { ByteBuffer(bytes: $0) }
        run(.append, arguments + selectors, on: writer) { done($0.flatMap { Self.read($0, LogReplies.position) }) }
    }

    /// Drops old records, and raises the floor in the same step.
    func trim(epoch: UInt64, _ due: TrimmedRecords, _ done: @escaping (Result<Bool, Failure>) -> Void) {
        let purged = Set(due.purges.flatMap(\.selectors)).map { ByteBuffer(bytes: RecordBytes.encode($0)) }
        let unsafe = due.unsafeMethods.flatMap { record in
            record.selectors.flatMap {
                [ByteBuffer(bytes: RecordBytes.encode($0)), ByteBuffer(string: "\(record.n)")]
            }
        }
        let start = [
            LogReplies.text(hex: epoch), ByteBuffer(string: "\(due.floor)"), ByteBuffer(string: "\(purged.count)"),
        ]
        run(.trim, start + purged + unsafe, on: writer) { done($0.map { $0 == .integer(1) }) }
    }

    /// After this instance's listeners have closed.
    func leave(member: UInt64, _ done: @escaping () -> Void) {
        let command = Command([
            ByteBuffer(string: "HSET"), keys.members, LogReplies.text(hex: member),
            ByteBuffer(string: Announcement.left),
        ])
        submit(command, on: writer, within: Self.patience) { _ in done() }
    }

    /// What the server says of itself, for warnings: the text of `INFO` and the values of `CONFIG GET`.
    func describe(_ words: [String], _ done: @escaping (Result<Reply, Failure>) -> Void) {
        submit(Command(words.map { ByteBuffer(string: $0) }), on: writer, within: Self.patience, done)
    }

    // MARK: Sending

    private static func read<Value>(_ reply: Reply, _ parse: (Reply) -> Value?) -> Result<Value, Failure> {
        parse(reply).map { .success($0) } ?? .failure(.lost("an answer that is none of the invalidation log's"))
    }

    /// By name; then with the source, where the server does not know it; without the line that an old server refuses.
    private func run(
        _ script: LogScript, _ arguments: [ByteBuffer], on link: Link, withSource: Bool = false,
        _ done: @escaping (Result<Reply, Failure>) -> Void
    ) {
        let form = isModern ? script.modern : script.plain
        let start = [ByteBuffer(string: withSource ? "EVAL" : "EVALSHA"), withSource ? form.source : form.sha]
        let wasModern = isModern
        submit(
            Command(start + [ByteBuffer(string: "4")] + keys.all + arguments), on: link, within: Self.patience
        ) { result in
            guard case .failure(.refused(let text)) = result else { return done(result) }
            if ErrorKind(text) == .unknownScript, !withSource {
                return self.run(script, arguments, on: link, withSource: true, done)
            }
            if wasModern, withSource, text.contains("compiling") || text.contains("ompilation") {
                self.isModern = false
                return self.run(script, arguments, on: link, done)
            }
            done(result)
        }
    }

    private func submit(
        _ command: Command, on link: Link, within milliseconds: Int64,
        _ done: @escaping (Result<Reply, Failure>) -> Void
    ) {
        link.submit(command, deadline: Link.now + milliseconds) { outcome in
            switch outcome {
            case .failure(let failure): done(.failure(.lost(failure.rawValue)))
            case .reply(.error(let text)): done(.failure(.refused(text)))
            case .reply(let reply): done(.success(reply))
            }
        }
    }
}
