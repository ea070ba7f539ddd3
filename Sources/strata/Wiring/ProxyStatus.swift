import CacheModel
import Engine
import Foundation
import Listener
import Settings
import Synchronization
import Telemetry

/// What the admin API is told.
final class ProxyStatus: ProxyControl {
    private let engine: Engine
    private let telemetry: Telemetry
    private let listener: Listener
    private let started: Date
    private let loops: [NIOLoop]
    private let settings: Configuration
    private let state = Mutex(Readiness.starting)

    init(
        engine: Engine, telemetry: Telemetry, listener: Listener, loops: [NIOLoop],
        settings: Configuration, started: Date
    ) {
        self.settings = settings
        self.engine = engine
        self.telemetry = telemetry
        self.listener = listener
        self.loops = loops
        self.started = started
    }

    var readiness: Readiness { state.withLock { $0 } }

    func become(_ readiness: Readiness) { state.withLock { $0 = readiness } }

    func statistics() -> ProxyStatistics {
        var statistics = ProxyStatistics()
        let partitions = engine.partitionStatistics()
        for (name, tier, figures) in engine.tierStatistics(of: partitions) {
            statistics.tiers.append((name, tier))
            statistics.figures[name] = figures
        }
        if partitions.count > 1 { statistics.partitions = partitions }
        engine.fill(&statistics)
        telemetry.fill(&statistics, now: Limits.monotonicMilliseconds())
        statistics.openConnections = listener.connectionCount
        statistics.uptimeSeconds = Date().timeIntervalSince(started)
        return statistics
    }

    func layers() -> [LayerReport] {
        engine.tierStatistics(of: engine.partitionStatistics()).map { name, statistics, figures in
            LayerReport(
                name: name, settings: Layers.settings(of: name, settings), statistics: statistics, figures: figures)
        }
    }

    // MARK: Invalidations

    var purgeTokens: PurgeTokens { engine.policy.purgeTokens }

    func purge(_ wish: PurgeWish, by caller: PurgeCaller) async -> PurgeAnswer {
        await withCheckedContinuation { done in
            loop.execute { self.engine.purge(wish, by: caller, on: self.loop) { done.resume(returning: $0) } }
        }
    }

    func refusePurge(_ answer: PurgeAnswer, by caller: PurgeCaller) { engine.refusePurge(answer, by: caller) }

    func keys(_ query: KeyQuery) async throws(PurgeMistake) -> KeyPage {
        let result: Result<KeyPage, PurgeMistake> = await withCheckedContinuation { done in
            loop.execute {
                do throws(PurgeMistake) {
                    try self.engine.keys(query, on: self.loop) { done.resume(returning: .success($0)) }
                } catch {
                    done.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// The last one, so that the first, which others begin with, is not the one with most work.
    private var loop: NIOLoop { loops[loops.count - 1] }
}
