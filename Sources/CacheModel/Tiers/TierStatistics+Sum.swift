extension TierStatistics {
    /// Adds what another part of the same tier counts. The state is the worst of both.
    package mutating func add(_ other: TierStatistics) {
        if other.state.rank > state.rank { (state, reason) = (other.state, other.reason) }
        reason = reason ?? other.reason
        hits += other.hits
        misses += other.misses
        writes += other.writes
        evictions += other.evictions
        removals += other.removals
        failures.merge(other.failures) { $0 + $1 }
        details.merge(other.details) { $0 + $1 }
        entries = Self.sum(entries, other.entries)
        bytes = Self.sum(bytes, other.bytes)
        capacity = Self.sum(capacity, other.capacity)
    }

    private static func sum(_ one: UInt64?, _ other: UInt64?) -> UInt64? {
        guard let one, let other else { return one ?? other }
        return one + other
    }
}

extension TierStatistics.State {
    fileprivate var rank: Int {
        switch self {
        case .up: 0
        case .degraded: 1
        case .probing: 2
        case .down: 3
        }
    }
}
