import CacheModel
import Engine
import Foundation
import Listener
import MemoryTier
import Settings
import Synchronization
import Telemetry

/// What the admin API is told.
final class ProxyStatus: ProxyControl {
    private let engine: Engine
    private let memory: MemoryTier?
    private let telemetry: Telemetry
    private let listener: Listener
    private let started: Date
    private let tiers: Configuration.Tiers
    private let state = Mutex(Readiness.starting)

    init(
        engine: Engine, memory: MemoryTier?, telemetry: Telemetry, listener: Listener, tiers: Configuration.Tiers,
        started: Date
    ) {
        self.tiers = tiers
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
        for setup in engine.components.slower {
            statistics.tiers.append((setup.tier.name, setup.tier.statistics()))
            statistics.figures[setup.tier.name] = setup.meter.figures
        }
        engine.fill(&statistics)
        telemetry.fill(&statistics, now: Limits.monotonicMilliseconds())
        statistics.openConnections = listener.connectionCount
        statistics.uptimeSeconds = Date().timeIntervalSince(started)
        return statistics
    }

    func layers() -> [LayerReport] {
        var reports: [LayerReport] = []
        if let memory, let tier = tiers.memory {
            reports.append(
                LayerReport(
                    name: .memory, settings: Layers.memory(tier), statistics: memory.statistics(), figures: nil))
        }
        for setup in engine.components.slower {
            let settings =
                switch setup.tier.name {
                case .memory: tiers.memory.map(Layers.memory)
                case .redis: tiers.redis.map(Layers.redis)
                case .disk: tiers.disk.map(Layers.disk)
                }
            reports.append(
                LayerReport(
                    name: setup.tier.name, settings: settings ?? [], statistics: setup.tier.statistics(),
                    figures: setup.meter.figures))
        }
        return reports
    }
}
