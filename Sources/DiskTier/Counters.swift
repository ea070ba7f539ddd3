internal import CacheModel
internal import Synchronization

/// What the tier counts, and the breakers of its two directions. Any thread.
final class Counters: Sendable {
    private let hits = Atomic<UInt64>(0)
    private let misses = Atomic<UInt64>(0)
    private let writes = Atomic<UInt64>(0)
    private let removals = Atomic<UInt64>(0)
    private let failures = Mutex<[TierFailure: UInt64]>([:])

    func hit() { hits.add(1, ordering: .relaxed) }
    func miss() { misses.add(1, ordering: .relaxed) }
    func removed() { removals.add(1, ordering: .relaxed) }
    func failed(_ failure: TierFailure) { failures.withLock { $0[failure, default: 0] += 1 } }

    func wrote(_ outcome: TierWrite) {
        switch outcome {
        case .stored: writes.add(1, ordering: .relaxed)
        case .superseded: break
        case .dropped(let failure): failed(failure)
        }
    }

    func fill(_ statistics: inout TierStatistics) {
        statistics.hits = hits.load(ordering: .relaxed)
        statistics.misses = misses.load(ordering: .relaxed)
        statistics.writes = writes.load(ordering: .relaxed)
        statistics.removals = removals.load(ordering: .relaxed)
        statistics.failures = failures.withLock { $0 }
    }
}
