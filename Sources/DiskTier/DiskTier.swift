package import CacheModel
package import Logging
internal import NIOCore
internal import Synchronization

/// L3: records in segment files of a folder (design.md section 6; the bytes are drawn in docs/disk-format.md).
///
/// One thread appends, in the order of the calls; some threads read; two write spools. The index is in memory: a miss
/// costs no call to the disk. What was written at most `syncMilliseconds` before a power cut may be lost, after
/// `kill -9` nothing that was answered `.stored`; what comes back is verified to the last byte.
package final class DiskTier: SpoolingTier {
    package let name = TierName.disk
    package let maxObject: Int

    let configuration: Configuration
    let store: SegmentStore
    let counters = Counters()
    let reading = Guard()
    let writing = Guard()
    let writer: WorkPool
    let readers: WorkPool
    let spoolers: WorkPool
    private let syncer: Syncer
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
        // One object must not empty the tier.
        maxObject = min(configuration.maxObject, configuration.size / 2)
        writer = WorkPool(threads: 1, limit: configuration.writeQueueBytes)
        readers = WorkPool(threads: configuration.readThreads, limit: configuration.readQueueLength)
        spoolers = WorkPool(threads: 2, limit: .max)
        syncer = Syncer(store, everyMilliseconds: configuration.syncMilliseconds, guarding: writing)
    }

    deinit { syncer.stop() }

    package func statistics() -> TierStatistics {
        var statistics = TierStatistics()
        counters.fill(&statistics)
        statistics.entries = UInt64(store.index.count)
        statistics.bytes = UInt64(max(0, store.space.used))
        statistics.capacity = UInt64(store.capacity)
        statistics.evictions = store.space.evictions
        statistics.state = state
        return statistics
    }

    private var state: TierStatistics.State {
        guard !closed.load(ordering: .relaxed) else { return .down }
        var worst = TierStatistics.State.up
        for breaker in [reading.state, writing.state] {
            switch breaker {
            case .closed: break
            case .probing: if worst == .up { worst = .probing }
            case .open: worst = .down
            }
        }
        return worst
    }

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
        _ = inFlight.wait(until: deadline) { $0 == 0 ? true : nil }
        for pool in [spoolers, writer, readers] { pool.close() }
        syncer.stop()
        store.close()
        logger.info("disk tier closed", metadata: ["path": "\(store.folder.path)", "bytes": "\(store.space.used)"])
        ended.change { $0 = true }
    }

    /// What the last sync may take after the bound.
    private static let closingMilliseconds: Int64 = 1_000
}
