import Eviction

/// The policy and the size that the outcomes speak for.
package struct Choice: Sendable, Equatable {
    package var outcome: Outcome

    /// A policy's byte hits count as not below LRU's up to so much.
    private static let tolerance = 0.001
    /// A larger cache has to bring more than this share of the hits of the largest one.
    private static let enough = 0.95

    /// The policy with the most object hits over all sizes, of those whose byte hits are not below LRU's over all sizes
    /// (of all, where LRU was not played); and the smallest size with 95 % of the hits that it has in the largest. Nil
    /// without outcomes.
    package init?(_ outcomes: [Outcome]) {
        let byPolicy = Dictionary(grouping: outcomes, by: \.policy)
        func sum(_ policy: PolicyName, _ ratio: (Outcome) -> Double) -> Double {
            (byPolicy[policy] ?? []).reduce(0) { $0 + ratio($1) }
        }
        let sizes = Double(byPolicy.values.map(\.count).max() ?? 0)
        let floor = sum(.lru, \.byteHitRatio) - Self.tolerance * sizes
        let policies = PolicyName.allCases.filter { byPolicy[$0] != nil && sum($0, \.byteHitRatio) >= floor }
        guard
            let best = policies.max(by: { sum($0, \.objectHitRatio) < sum($1, \.objectHitRatio) }),
            let own = byPolicy[best]?.sorted(by: { $0.capacity < $1.capacity }), let largest = own.last,
            let chosen = own.first(where: { $0.objectHitRatio >= Self.enough * largest.objectHitRatio })
        else { return nil }
        outcome = chosen
    }
}
