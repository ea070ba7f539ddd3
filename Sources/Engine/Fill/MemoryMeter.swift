internal import CacheModel
internal import Synchronization

/// What the engine counts of the memory tier of one partition, beside what the tier counts itself. Any thread.
final class MemoryMeter: Sendable {
    private let rejects = Atomic<UInt64>(0)

    /// A rule says `write: off` for memory.
    func rejectedByRule() { rejects.add(1, ordering: .relaxed) }

    var rejectedByRules: UInt64 { rejects.load(ordering: .relaxed) }
}

extension TierFigures {
    /// Of memory, whose lookups take less time than measuring them would.
    init(memory: TierStatistics, rejectedByRules: UInt64) {
        self.init()
        (hits, misses) = (memory.hits, memory.misses)
        fillsStored = memory.writes
        rejects = [.tooLarge: memory.failures[.tooLarge] ?? 0, .rule: rejectedByRules]
    }
}
