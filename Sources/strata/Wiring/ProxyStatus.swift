import CacheModel
import Engine
import Foundation
import Listener
import MemoryTier
import Synchronization
import Telemetry

/// What the admin API is told.
final class ProxyStatus: ProxyControl {
    private let engine: Engine
    private let memory: MemoryTier?
    private let telemetry: Telemetry
    private let listener: Listener
    private let started: Date
    private let state = Mutex(Readiness.starting)

    init(engine: Engine, memory: MemoryTier?, telemetry: Telemetry, listener: Listener, started: Date) {
        self.engine = engine
        self.memory = memory
        self.telemetry = telemetry
        self.listener = listener
        self.started = started
    }

    var readiness: Readiness { state.withLock { $0 } }

    func become(_ readiness: Readiness) { state.withLock { $0 = readiness } }

    func statistics() -> ProxyStatistics {
        var statistics = ProxyStatistics()
        if let memory { statistics.tiers.append((.memory, memory.statistics())) }
        for setup in engine.components.slower { statistics.tiers.append((setup.tier.name, setup.tier.statistics())) }
        engine.fill(&statistics)
        telemetry.fill(&statistics, now: Limits.monotonicMilliseconds())
        statistics.openConnections = listener.connectionCount
        statistics.uptimeSeconds = Date().timeIntervalSince(started)
        return statistics
    }
}
