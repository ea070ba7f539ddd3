internal import Dispatch
internal import Glibc
package import Invalidation
package import Logging
internal import Synchronization

/// The invalidation log in a file (invalidation.md rule 19): synced before the position moves; an unclean tail starts
/// a new epoch, in which every older entry is unknown.
package final class Journal: InvalidationLog {
    package struct Configuration: Sendable {
        package var path: String
        /// Records older than this are dropped, and the floor rises (rule 13).
        package var retentionMilliseconds: Int64
        package var maxRecords: Int

        package init(path: String, retentionMilliseconds: Int64, maxRecords: Int) {
            self.path = path
            self.retentionMilliseconds = retentionMilliseconds
            self.maxRecords = maxRecords
        }
    }

    package let table: InvalidationTable
    private let configuration: Configuration
    private let logger: Logger
    /// Every write happens on this queue.
    private let queue = DispatchQueue(label: "strata.journal")
    private let waiting = Mutex<[Pending]>([])
    private let writer: Mutex<Writer>

    private struct Pending {
        var mode: InvalidationMode
        var cause: InvalidationCause
        var selectors: [Selector]
        var done: @Sendable (Result<LogReceipt, LogFailure>) -> Void
    }

    private struct Writer: ~Copyable {
        /// Nil once closed.
        var file: JournalFile?
        /// Frames since the file was last written whole.
        var frames: Int
    }

    /// Opens, locks and replays the journal. Blocks; called once, at start.
    package init(_ configuration: Configuration, logger: Logger) throws(JournalError) {
        self.configuration = configuration
        self.logger = logger
        var file = try JournalFile(opening: configuration.path)
        let contents = JournalFormat.parse(file.contents)
        if contents == nil, file.length > 0 {
            logger.warning(
                "the invalidation journal ends uncleanly: a new epoch begins, stored responses are validated before use",
                metadata: ["path": "\(configuration.path)"])
        }
        let epoch = contents?.epoch ?? UInt64.random(in: 1 ... .max)
        table = InvalidationTable(
            epoch: epoch, records: contents?.records ?? [], head: contents?.head ?? 0, floor: contents?.floor ?? 0)
        table.trim(
            acceptedBefore: Self.now() - configuration.retentionMilliseconds, maxRecords: configuration.maxRecords)
        try file.replace(with: Self.image(of: table))
        writer = Mutex(Writer(file: consume file, frames: 0))
    }

    package func append(
        mode: InvalidationMode, cause: InvalidationCause, selectors: [Selector], wait: Int64,
        _ done: @escaping @Sendable (Result<LogReceipt, LogFailure>) -> Void
    ) {
        // One that could be written and not be read again would cost the whole log at the next start.
        guard RecordBytes.fits(selectors) else { return done(.failure(.selectorsDoNotFit)) }
        waiting.withLock { $0.append(Pending(mode: mode, cause: cause, selectors: selectors, done: done)) }
        queue.async { self.writeWaiting() }
    }

    package var status: LogStatus { LogStatus(home: "journal") }

    package func close(_ done: @escaping @Sendable () -> Void) {
        queue.async {
            self.writeWaiting()
            self.writer.withLock { $0.file = nil }
            done()
        }
    }

    /// Writes all that waits with one sync, then applies and answers in order.
    private func writeWaiting() {
        let batch = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !batch.isEmpty else { return }
        let now = Self.now()
        var records: [InvalidationRecord] = []
        let epoch = table.epoch
        var n = table.head
        for pending in batch {
            n += 1
            records.append(
                InvalidationRecord(
                    n: n, nonce: .random(in: 0 ... .max), mode: pending.mode, cause: pending.cause,
                    selectors: pending.selectors, acceptedAt: now))
        }
        let outcome = write(records)
        for (pending, record) in zip(batch, records) {
            switch outcome {
            case .success:
                table.apply(record)
                pending.done(.success(.alone(Position(epoch: epoch, n: record.n))))
            case .failure(let failure):
                pending.done(.failure(failure))
            }
        }
        table.trim(acceptedBefore: now - configuration.retentionMilliseconds, maxRecords: configuration.maxRecords)
        compactIfGrown()
    }

    private func write(_ records: [InvalidationRecord]) -> Result<Void, LogFailure> {
        let frames = records.flatMap { JournalFormat.frame($0) }
        return writer.withLock { writer in
            guard writer.file != nil else { return .failure(LogFailure("the journal is closed")) }
            do throws(JournalError) {
                try writer.file!.append(frames)
                writer.frames += records.count
                return .success(())
            } catch {
                logger.error("an invalidation could not be written", metadata: ["error": "\(error)"])
                return .failure(LogFailure(error.description))
            }
        }
    }

    /// Rewrites the file once most of it tells nothing any more: its size follows the selectors that live.
    private func compactIfGrown() {
        let live = table.count
        writer.withLock { writer in
            guard writer.file != nil, writer.frames > max(4096, 4 * live) else { return }
            do throws(JournalError) {
                try writer.file!.replace(with: Self.image(of: table))
                writer.frames = 0
            } catch {
                logger.error("the invalidation journal could not be compacted", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func image(of table: InvalidationTable) -> [UInt8] {
        let snapshot = table.snapshot()
        var bytes = JournalFormat.header(epoch: table.epoch, floor: snapshot.floor, head: snapshot.head)
        for record in snapshot.records { bytes += JournalFormat.frame(record) }
        return bytes
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
