package import CacheModel
internal import Synchronization

/// How often keys were hit in a slower tier, for `promote: N`. Bounded: counts that are not added to for a while are
/// forgotten, of as many keys as there are at most. Any thread.
package final class PromotionCounts: Sendable {
    private struct Counts {
        var newer: [UInt64: Int] = [:]
        /// Of the time before.
        var older: [UInt64: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let most: Int

    /// - Parameter most: keys that are counted anew before the oldest counts go; twice as many are remembered at most.
    package init(most: Int = 131_072) { self.most = most }

    /// Counts one hit. True when it is the last of so many: the next one is the first again.
    package func isDue(_ key: TierKey, after wanted: Int) -> Bool {
        let key = key.digest.low
        return counts.withLock { counts in
            let hits = (counts.newer[key] ?? counts.older[key] ?? 0) + 1
            counts.older[key] = nil
            guard hits < wanted else {
                counts.newer[key] = nil
                return true
            }
            if counts.newer.count >= most, counts.newer[key] == nil {
                counts.older = counts.newer
                counts.newer = [:]
            }
            counts.newer[key] = hits
            return false
        }
    }
}
