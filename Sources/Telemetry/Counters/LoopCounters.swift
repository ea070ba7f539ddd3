internal import Engine
internal import Synchronization

/// The counters of one loop. One writer, any number of readers: a plain load and store, no locked instruction.
final class LoopCounters: Sendable {
    private let hit = Atomic<UInt64>(0)
    private let stale = Atomic<UInt64>(0)
    private let revalidated = Atomic<UInt64>(0)
    private let miss = Atomic<UInt64>(0)
    private let collapsed = Atomic<UInt64>(0)
    private let pass = Atomic<UInt64>(0)
    private let synthetic = Atomic<UInt64>(0)
    private let purge = Atomic<UInt64>(0)
    private let microseconds = Atomic<UInt64>(0)
    private let bodyBytes = Atomic<UInt64>(0)

    /// On the loop only.
    func count(_ request: borrowing RequestRecord) {
        switch request.result {
        case .hit: add(1, to: hit)
        case .stale: add(1, to: stale)
        case .revalidated: add(1, to: revalidated)
        case .miss: add(1, to: miss)
        case .collapsed: add(1, to: collapsed)
        case .pass: add(1, to: pass)
        case .synthetic: add(1, to: synthetic)
        case .purge: add(1, to: purge)
        }
        add(UInt64(max(0, request.durationMicroseconds)), to: microseconds)
        add(UInt64(max(0, request.bodyBytes)), to: bodyBytes)
    }

    func value(_ result: CacheResult) -> UInt64 {
        switch result {
        case .hit: hit.load(ordering: .relaxed)
        case .stale: stale.load(ordering: .relaxed)
        case .revalidated: revalidated.load(ordering: .relaxed)
        case .miss: miss.load(ordering: .relaxed)
        case .collapsed: collapsed.load(ordering: .relaxed)
        case .pass: pass.load(ordering: .relaxed)
        case .synthetic: synthetic.load(ordering: .relaxed)
        case .purge: purge.load(ordering: .relaxed)
        }
    }

    var totalMicroseconds: UInt64 { microseconds.load(ordering: .relaxed) }
    var totalBodyBytes: UInt64 { bodyBytes.load(ordering: .relaxed) }

    @inline(__always)
    private func add(_ amount: UInt64, to counter: borrowing Atomic<UInt64>) {
        counter.store(counter.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
