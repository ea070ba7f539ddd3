package import CacheModel
internal import MemoryTier

extension Engine {
    /// What each tier says of itself, by partition, `default` first.
    package func partitionStatistics() -> [PartitionStatistics] {
        partitions.map { partition in
            var tiers: [(name: TierName, statistics: TierStatistics)] = []
            var figures: [TierName: TierFigures] = [:]
            if let memory = partition.memory?.statistics() {
                tiers.append((.memory, memory))
                figures[.memory] = TierFigures(
                    memory: memory, rejectedByRules: partition.memoryMeter.rejectedByRules)
            }
            for setup in partition.slower {
                let counted = setup.meter.figures
                var statistics = setup.tier.statistics()
                (statistics.hits, statistics.misses) = (counted.hits, counted.misses)
                tiers.append((setup.tier.name, statistics))
                figures[setup.tier.name] = counted
            }
            return PartitionStatistics(name: partition.name, tiers: tiers, figures: figures)
        }
    }

    /// The tiers with all their partitions, in the order in which they are asked.
    package func tierStatistics(
        of partitions: [PartitionStatistics]
    ) -> [(name: TierName, statistics: TierStatistics, figures: TierFigures?)] {
        TierName.allCases.compactMap { name in
            var sum: TierStatistics?
            for (tier, statistics) in partitions.flatMap(\.tiers) where tier == name {
                if sum == nil { sum = statistics } else { sum?.add(statistics) }
            }
            if name == .memory {
                let rules = self.partitions.reduce(0) { $0 + $1.memoryMeter.rejectedByRules }
                return sum.map { (name, $0, TierFigures(memory: $0, rejectedByRules: rules)) }
            }
            let meter = self.partitions.lazy.flatMap(\.slower).first { $0.tier.name == name }?.meter
            return sum.map { (name, $0, (meter?.total ?? meter)?.figures) }
        }
    }
}
