package import CacheModel
internal import Synchronization

extension MemoryTier {
    /// Sums over the shards, each read under its lock: together not one moment, but no counter goes back. `writes` are
    /// entries stored; `evictions` are made by the policy or by `maxVariants`; `bytes` include all but the allocator's
    /// own waste.
    package func statistics() -> TierStatistics {
        var sum = TierStatistics()
        var entries: UInt64 = 0
        var bytes: UInt64 = 0
        var tooLarge: UInt64 = 0
        var expired: UInt64 = 0
        // Before the hits that it is a part of.
        let unused = unused.load(ordering: .acquiring)
        forEachShard { shard in
            shard.tellUses()
            sum.hits += shard.counters.hits
            sum.misses += shard.counters.misses
            sum.writes += shard.counters.writes
            sum.evictions += shard.counters.evictions
            sum.removals += shard.counters.removals
            tooLarge += shard.counters.tooLarge
            expired += shard.counters.expired
            entries += UInt64(shard.entries)
            bytes += UInt64(shard.bytes)
        }
        sum.misses += unused
        // One that was counted as a hit a moment ago may have turned out a miss.
        sum.hits = reportedHits.withLock { reported in
            reported = max(reported, sum.hits - min(sum.hits, unused))
            return reported
        }
        if tooLarge > 0 { sum.failures[.tooLarge] = tooLarge }
        if configuration.maxTTL != nil { sum.details["expired"] = expired }
        sum.entries = entries
        sum.bytes = bytes
        sum.capacity = UInt64(configuration.capacity)
        return sum
    }

    /// Entries that went because their key had `maxVariants` already; a part of `evictions`.
    package var droppedVariants: UInt64 {
        var sum: UInt64 = 0
        forEachShard { sum += $0.counters.droppedVariants }
        return sum
    }
}
