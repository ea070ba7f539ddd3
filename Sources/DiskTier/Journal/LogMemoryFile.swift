internal import Dispatch
package import Invalidation
package import Logging
internal import Synchronization

/// What an instance keeps of the log in Redis, in one file in `state` (invalidation.md rules 12, 14, 17 and 19): which
/// log it follows, how far it has applied it, and the records that it accepted. The lock on the file proves that the
/// process before it is dead.
package final class LogMemoryFile: LogMemory {
    package let remembered: RememberedLog
    private let logger: Logger
    private let queue = DispatchQueue(label: "strata.log-memory")
    private let waiting = Mutex<[Write]>([])
    private let writer: Mutex<Writer>
    /// What the file says. Written on the queue only.
    private let kept: Mutex<RememberedLog>

    /// Stands for the log that was followed, where the file does not say which one that was.
    private static let unreadable = "unreadable"

    private struct Write {
        var frame: LogMemoryFormat.Frame
        var syncs: Bool
        var done: @Sendable (LogFailure?) -> Void
    }

    private struct Writer: ~Copyable {
        /// Nil once closed.
        var file: JournalFile?
        /// The file's length when it was last written whole.
        var wholeLength: Int

        var length: Int
        var isGrown: Bool { length > max(1 << 20, 2 * wholeLength) }

        mutating func append(_ bytes: [UInt8], syncs: Bool) -> LogFailure? {
            guard file != nil else { return LogFailure("what this instance keeps of the log is closed") }
            do throws(JournalError) {
                try file!.append(bytes, syncs: syncs)
                length += bytes.count
                return nil
            } catch {
                return LogFailure(error.description)
            }
        }

        mutating func replace(with image: [UInt8]) -> LogFailure? {
            guard file != nil else { return nil }
            do throws(JournalError) {
                try file!.replace(with: image)
                wholeLength = image.count
                length = image.count
                return nil
            } catch {
                return LogFailure(error.description)
            }
        }
    }

    /// Opens, locks and reads it. Blocks; called once, at start.
    package init(path: String, logger: Logger) throws(JournalError) {
        self.logger = logger
        var file = try JournalFile(opening: path)
        var state = RememberedLog()
        if file.length > 0 {
            let parsed = LogMemoryFormat.parse(file.contents)
            for frame in parsed?.frames ?? [] { Self.apply(frame, to: &state) }
            if parsed?.isDamaged ?? true {
                // Nobody can tell what it knew: the log begins a new life, as after another home (rule 19).
                state.home = state.home ?? Self.unreadable
                state.member = state.member ?? 0
                state.isSettled = false
            }
            if parsed?.length != file.length {
                logger.warning(
                    "what this instance kept of the invalidation log ends uncleanly",
                    metadata: ["path": "\(path)", "records": "\(state.own.count)"])
            }
        }
        remembered = state
        let image = Self.image(of: state)
        try file.replace(with: image)
        writer = Mutex(Writer(file: consume file, wholeLength: image.count, length: image.count))
        kept = Mutex(state)
    }

    package func begin(
        home: String, isSettled: Bool, member: UInt64, _ done: @escaping @Sendable (LogFailure?) -> Void
    ) {
        add(Write(frame: .begin(home: home, isSettled: isSettled, member: member), syncs: true, done: done))
    }

    package func keep(_ record: InvalidationRecord, _ done: @escaping @Sendable (LogFailure?) -> Void) {
        add(Write(frame: .own(record), syncs: true, done: done))
    }

    package func confirm(nonce: UInt64, at position: Position) {
        add(Write(frame: .confirmed(nonce: nonce, position), syncs: false, done: { _ in }))
    }

    package func note(
        _ applied: AppliedMark, synced: Bool, _ done: @escaping @Sendable (LogFailure?) -> Void
    ) {
        add(Write(frame: .applied(applied), syncs: synced, done: done))
    }

    package func close(_ done: @escaping @Sendable () -> Void) {
        queue.async {
            self.writeWaiting()
            self.writer.withLock { $0.file = nil }
            done()
        }
    }

    // MARK: Writing

    private func add(_ write: Write) {
        waiting.withLock { $0.append(write) }
        queue.async { self.writeWaiting() }
    }

    /// Writes all that waits, with one sync if anything wants one, then calls back in order.
    private func writeWaiting() {
        let batch = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !batch.isEmpty else { return }
        let bytes = batch.flatMap { LogMemoryFormat.bytes($0.frame) }
        let syncs = batch.contains { $0.syncs }
        let failure = writer.withLock { $0.append(bytes, syncs: syncs) }
        if let failure {
            logger.error("an invalidation could not be kept", metadata: ["error": "\(failure.text)"])
        } else {
            kept.withLock { kept in
                for write in batch { Self.apply(write.frame, to: &kept) }
            }
            compactIfGrown()
        }
        for write in batch { write.done(failure) }
    }

    private func compactIfGrown() {
        guard writer.withLock({ $0.isGrown }) else { return }
        let image = kept.withLock { Self.image(of: $0) }
        guard let failure = writer.withLock({ $0.replace(with: image) }) else { return }
        logger.error(
            "what this instance keeps of the log could not be compacted", metadata: ["error": "\(failure.text)"])
    }

    // MARK: State

    private static func apply(_ frame: LogMemoryFormat.Frame, to state: inout RememberedLog) {
        switch frame {
        case .begin(let home, let isSettled, let member):
            state.home = home
            state.isSettled = isSettled
            state.member = member
        case .own(let record): state.own.append(OwnRecord(record: record))
        case .confirmed(let nonce, let position):
            // The newest are confirmed next.
            guard let index = state.own.lastIndex(where: { $0.record.nonce == nonce }) else { return }
            state.own[index].position = position
            trim(&state)
        case .applied(let mark): state.note(mark)
        }
    }

    /// Keeps the newest records that are in the log, and each that is not.
    private static func trim(_ state: inout RememberedLog) {
        guard state.own.count > 2 * Outbox.keptRecords else { return }
        var spare = state.own.count { $0.position != nil } - Outbox.keptRecords
        state.own.removeAll { own in
            guard spare > 0, own.position != nil else { return false }
            spare -= 1
            return true
        }
    }

    private static func image(of state: RememberedLog) -> [UInt8] {
        var bytes = LogMemoryFormat.header
        if let home = state.home, let member = state.member {
            bytes += LogMemoryFormat.bytes(.begin(home: home, isSettled: state.isSettled, member: member))
        }
        for epoch in state.left {
            bytes += LogMemoryFormat.bytes(.applied(AppliedMark(epoch: epoch, n: 0, nonce: nil)))
        }
        if let applied = state.applied { bytes += LogMemoryFormat.bytes(.applied(applied)) }
        for own in state.own {
            bytes += LogMemoryFormat.bytes(.own(own.record))
            if let position = own.position {
                bytes += LogMemoryFormat.bytes(.confirmed(nonce: own.record.nonce, position))
            }
        }
        return bytes
    }
}
