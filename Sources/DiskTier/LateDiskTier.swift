package import CacheModel
package import Logging
internal import Synchronization

/// The disk tier, also while its folder can't be opened (read-only, no rights, full, not there, EIO): then it is down, and
/// the folder is tried again until it opens. Any thread.
package final class LateDiskTier: SpoolingTier, WalkableTier, PromptTier {
    private enum State {
        case away(TierFailure)
        case open(DiskTier)
        case closed
    }

    package let name = TierName.disk
    package let maxObject: Int
    private let configuration: DiskTier.Configuration
    private let state: Mutex<State>
    private let whenOpen: @Sendable () -> Void
    /// What was asked for while it was away.
    private let counters = Counters()
    private let stopped = Monitor(false)
    private let logger: Logger

    /// Opens the folder if it can. Blocks.
    /// - Parameters:
    ///   - retryMilliseconds: how often a folder that can't be opened is tried again.
    ///   - whenOpen: runs once, when the folder is open and locked; here or on another thread.
    /// - Throws: what waiting does not mend: another process has the folder, or the cap is too small.
    package init(
        _ configuration: DiskTier.Configuration, retryMilliseconds: Int64 = 10_000, logger: Logger,
        whenOpen: @escaping @Sendable () -> Void = {}
    ) throws(DiskError) {
        self.configuration = configuration
        self.whenOpen = whenOpen
        self.logger = logger
        maxObject = DiskTier.maxObject(configuration)
        do throws(DiskError) {
            state = Mutex(.open(try DiskTier(configuration, logger: logger)))
        } catch {
            guard error.kind == .system else { throw error }
            state = Mutex(.away(error.tierFailure))
            Self.tell(error, configuration, logger)
            startRetrying(every: retryMilliseconds, told: error)
            return
        }
        whenOpen()
    }

    deinit { stopped.change { $0 = true } }

    private static func tell(_ error: DiskError, _ configuration: DiskTier.Configuration, _ logger: Logger) {
        logger.error(
            "the disk tier is away until its folder can be used: \(error)", metadata: ["path": "\(configuration.path)"])
    }

    private func startRetrying(every interval: Int64, told: DiskError) {
        let stopped = stopped
        let started = DetachedThread.start { [weak self] in
            var told = told
            while stopped.wait(until: Clock.monotonic() + max(1, interval), { $0 ? true : nil }) == nil {
                guard let self else { return }
                do throws(DiskError) {
                    return self.opened(try DiskTier(self.configuration, logger: self.logger))
                } catch {
                    if error != told { Self.tell(error, self.configuration, self.logger) }
                    told = error
                    self.state.withLock { if case .away = $0 { $0 = .away(error.tierFailure) } }
                }
            }
        }
        precondition(started, "the process may start threads")
    }

    private func opened(_ tier: DiskTier) {
        let isWanted = state.withLock { state -> Bool in
            guard case .away = state else { return false }
            state = .open(tier)
            return true
        }
        guard isWanted else { return tier.shutdown(withinMilliseconds: 0) {} }
        logger.notice("the disk tier's folder could be opened", metadata: ["path": "\(configuration.path)"])
        whenOpen()
    }

    /// The tier, or why there is none.
    private var tier: Result<DiskTier, TierFailure> {
        state.withLock { state in
            switch state {
            case .open(let tier): .success(tier)
            case .away(let failure): .failure(failure)
            case .closed: .failure(.closed)
            }
        }
    }

    package func statistics() -> TierStatistics {
        var statistics = TierStatistics()
        counters.fill(&statistics)
        switch tier {
        case .success(let tier): statistics.add(tier.statistics())
        case .failure(let failure):
            (statistics.state, statistics.reason) = (.down, failure)
            (statistics.entries, statistics.bytes) = (0, 0)
            statistics.capacity = UInt64(configuration.size)
        }
        return statistics
    }

    package func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        stopped.change { $0 = true }
        let tier = state.withLock { state -> DiskTier? in
            if case .open(let tier) = state { return tier }
            state = .closed
            return nil
        }
        guard let tier else { return done() }
        tier.shutdown(withinMilliseconds: bound, done)
    }
}

// MARK: Calls, which the tier has once it is there
extension LateDiskTier {
    /// Counts a call that comes to nothing, and answers it.
    private func refuse(_ failure: TierFailure, on loop: any EngineLoop, _ answer: @escaping @Sendable () -> Void) {
        counters.failed(failure)
        loop.execute(answer)
    }

    package func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
        switch tier {
        case .success(let tier): tier.read(key, on: loop, done)
        case .failure(let failure): refuse(failure, on: loop) { done(.unavailable(failure)) }
        }
    }

    package func recordAtHand(_ key: TierKey) -> Record? {
        if case .success(let tier) = tier { tier.recordAtHand(key) } else { nil }
    }

    package func write(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        switch tier {
        case .success(let tier): tier.write(record, key: key, ttlMilliseconds: ttlMilliseconds, on: loop, done)
        case .failure(let failure): refuse(failure, on: loop) { done(.dropped(failure)) }
        }
    }

    package func remove(
        _ key: TierKey, entryID: UInt64?, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void
    ) {
        switch tier {
        case .success(let tier): tier.remove(key, entryID: entryID, on: loop, done)
        case .failure(let failure): refuse(failure, on: loop) { done(nil) }
        }
    }

    package func makeSpool(expectedLength: Int?) -> (any BodySpool)? {
        switch tier {
        case .success(let tier): return tier.makeSpool(expectedLength: expectedLength)
        case .failure(let failure):
            counters.failed(failure)
            return nil
        }
    }

    package func commit(
        _ spool: any BodySpool, as response: StoredResponse, key: TierKey, ttlMilliseconds: Int64,
        on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        switch tier {
        case .success(let tier):
            tier.commit(spool, as: response, key: key, ttlMilliseconds: ttlMilliseconds, on: loop, done)
        // Other tiers may still read it; it goes with its last reader.
        case .failure(let failure): refuse(failure, on: loop) { done(.dropped(failure)) }
        }
    }

    package func refile(
        _ response: StoredResponse, replacing entryID: UInt64, key: TierKey, ttlMilliseconds: Int64,
        on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        switch tier {
        case .success(let tier):
            tier.refile(
                response, replacing: entryID, key: key, ttlMilliseconds: ttlMilliseconds, on: loop, done)
        case .failure(let failure): refuse(failure, on: loop) { done(.dropped(failure)) }
        }
    }

    package func page(
        cursor: UInt64, limit: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (_ entries: [TierEntry], _ next: UInt64?) -> Void
    ) {
        guard case .success(let tier) = tier else { return loop.execute { done([], nil) } }
        tier.page(cursor: cursor, limit: limit, on: loop, done)
    }
}
