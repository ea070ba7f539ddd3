package import CacheModel
package import Logging
internal import NIOCore
internal import Synchronization

/// L3: records in segment files of a folder (design.md section 6; the bytes are drawn in docs/disk-format.md).
///
/// One thread appends, in the order of the calls; some threads read; two write spools. The index is in memory: a miss
/// costs no call to the disk. What was written at most `syncMilliseconds` before a power cut may be lost, after
/// `kill -9` nothing that was answered `.stored`; what comes back is verified to the last byte.
package final class DiskTier: SpoolingTier, PromptTier {
    package let name = TierName.disk
    package let maxObject: Int

    let configuration: Configuration
    let store: SegmentStore
    let counters = Counters()
    let reading: Guard
    let writing: Guard
    let writer: WorkPool
    let readers: WorkPool
    let spoolers: WorkPool
    private let syncer: Syncer
    private let snapshotter: Snapshotter
    let batch = WriteBatch()
    let patience: Patience<TierWrite>
    /// Writes and removals that were let in and are not done, and files of spools that are to be removed.
    let inFlight = Monitor(0)
    private let ended = Monitor(false)
    let closed = Atomic(false)
    let logger: Logger

    /// Opens the folder, locks it, and recovers what is in it; logs how much and how long that took. Blocks.
    package init(_ configuration: Configuration, logger: Logger) throws(DiskError) {
        self.configuration = configuration
        self.logger = logger
        store = try SegmentStore(configuration, logger: logger)
        func guarding(_ what: String) -> Guard {
            Guard(what, path: configuration.path, holdMilliseconds: configuration.troubleMilliseconds, logger: logger)
        }
        (reading, writing) = (guarding("read"), guarding("write"))
        patience = Patience(milliseconds: configuration.writeMilliseconds, .dropped(.timeout)) { [writing, counters] in
            writing.timedOut()
            counters.failed(.timeout)
        }
        maxObject = Self.maxObject(configuration)
        writer = WorkPool(threads: 1, limit: configuration.writeQueueBytes)
        readers = WorkPool(threads: configuration.readThreads, limit: configuration.readQueueLength)
        spoolers = WorkPool(threads: 2, limit: .max)
        syncer = Syncer(store, everyMilliseconds: configuration.syncMilliseconds, guarding: writing)
        snapshotter = Snapshotter(store, everyMilliseconds: configuration.snapshotMilliseconds)
    }

    /// One object must not empty the tier.
    static func maxObject(_ configuration: Configuration) -> Int {
        min(configuration.maxObject, configuration.size / 2)
    }

    deinit {
        syncer.stop()
        snapshotter.stop()
    }

    /// Saves the index as it is now, beside whatever else goes on; it is done from time to time anyhow. False: it could
    /// not be written. Blocks.
    package func saveIndex() -> Bool { store.snapshot() }

    package func statistics() -> TierStatistics {
        var statistics = TierStatistics()
        counters.fill(&statistics)
        statistics.entries = UInt64(store.index.count)
        statistics.bytes = UInt64(max(0, store.space.used))
        statistics.capacity = UInt64(store.capacity)
        statistics.evictions = store.space.evictions
        (statistics.state, statistics.reason) = state
        return statistics
    }

    private var state: (TierStatistics.State, TierFailure?) {
        guard !closed.load(ordering: .relaxed) else { return (.down, .closed) }
        let trouble = writing.trouble ?? reading.trouble
        // Full: what is there is still served.
        var worst: TierStatistics.State = trouble == .full ? .degraded : .up
        for guarded in [reading, writing] {
            switch guarded.breaker {
            case .closed: break
            case .probing: if worst != .down { worst = .probing }
            case .open: worst = .down
            }
        }
        return (worst, trouble)
    }

    /// What a start found, for tests and logs.
    package struct Opening: Sendable, Equatable {
        /// Why the saved index was not used: `missing`, `broken`, `outdated`, `other_version`; nil: it was.
        package var indexProblem: String?
        /// Frames that were looked for in the segments.
        package var scanned: Int
        /// Segments that the cap had no room for.
        package var evictedSegments = 0

        package init(indexProblem: String?, scanned: Int, evictedSegments: Int = 0) {
            self.indexProblem = indexProblem
            self.scanned = scanned
            self.evictedSegments = evictedSegments
        }
    }

    package var opening: Opening { store.opening }

    /// Writes and removals that were let in and are not done.
    package var writesInFlight: Int { inFlight.withLock { $0 } }

    /// Index memory, bytes.
    package var indexFootprint: Int { store.index.footprint }

    /// Finishes the queued writes within the bound, syncs, and gives the folder free. Later calls are answered
    /// `.closed`.
    package func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        let first = !closed.exchange(true, ordering: .sequentiallyConsistent)
        let deadline = Clock.monotonic() + max(0, bound)
        let ended = ended
        if first, !DetachedThread.start({ [self] in close(by: deadline) }) { close(by: deadline) }
        // Another thread, for a device that doesn't come back from the last sync.
        let wait: @Sendable () -> Void = {
            _ = ended.wait(until: deadline + Self.closingMilliseconds) { $0 ? true : nil }
            done()
        }
        if !DetachedThread.start(wait) { wait() }
    }

    private func close(by deadline: Int64) {
        // What a loop has let in and did not come to tell of.
        _ = writer.submitAlways { [self] in writeBatch() }
        _ = inFlight.wait(until: deadline) { $0 == 0 ? true : nil }
        for pool in [spoolers, writer, readers] { pool.close() }
        // Answered as dropped, like what was queued behind them.
        _ = batch.take()
        syncer.stop()
        snapshotter.stop()
        store.close()
        logger.info("disk tier closed", metadata: ["path": "\(store.folder.path)", "bytes": "\(store.space.used)"])
        ended.change { $0 = true }
    }

    /// What the last sync may take after the bound.
    private static let closingMilliseconds: Int64 = 1_000
}
