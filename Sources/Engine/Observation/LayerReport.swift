package import CacheModel

/// What the admin API tells of one tier: what it is, how it is set, how it does.
package struct LayerReport: Sendable {
    /// A setting's value, in a unit that its kind names.
    package indirect enum Value: Sendable, Equatable {
        case text(String)
        case bytes(Int)
        case milliseconds(Int64)
        case number(Int)
        case flag(Bool)
        case group([String: Value])
    }

    package var name: TierName
    /// As in proxy.conf, without secrets.
    package var settings: [(key: String, value: Value)]
    package var statistics: TierStatistics
    /// Those of memory have no times, and nothing is promoted from it.
    package var figures: TierFigures?

    package init(
        name: TierName, settings: [(key: String, value: Value)], statistics: TierStatistics, figures: TierFigures?
    ) {
        self.name = name
        self.settings = settings
        self.statistics = statistics
        self.figures = figures
    }
}
