internal import CacheModel
internal import Engine
internal import Synchronization

/// One loop's counters: only that loop adds, any thread reads. A single writer needs no read-modify-write: a plain load,
/// an addition and a plain store are enough, and cost a hit nothing that can be measured.
final class LoopCounters: Sendable {
    static let results = 8
    private static let microseconds = results
    private static let bodyBytes = results + 1
    /// The histogram stands on cache lines of its own.
    private static let histogram = 16

    private let cells = InlineArray<288, Atomic<UInt64>> { _ in Atomic(0) }

    /// On the loop.
    func count(_ result: CacheResult, microseconds: Int64, bodyBytes: Int) {
        let time = UInt64(max(0, microseconds))
        add(1, at: result.index)
        add(time, at: Self.microseconds)
        add(UInt64(max(0, bodyBytes)), at: Self.bodyBytes)
        add(1, at: Self.histogram + Histogram.bucket(time))
    }

    private func add(_ amount: UInt64, at index: Int) {
        cells[index].store(cells[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Adds what was counted so far. Any thread.
    func add(to sum: inout TelemetrySnapshot) {
        for index in 0..<Self.results { sum.requests[index] &+= cells[index].load(ordering: .relaxed) }
        sum.responseMicroseconds &+= cells[Self.microseconds].load(ordering: .relaxed)
        sum.bodyBytes &+= cells[Self.bodyBytes].load(ordering: .relaxed)
        for bucket in 0..<Histogram.bucketCount {
            sum.histogram[bucket] &+= cells[Self.histogram + bucket].load(ordering: .relaxed)
        }
    }

    /// Answered requests. Any thread.
    var total: UInt64 { (0..<Self.results).reduce(0) { $0 &+ cells[$1].load(ordering: .relaxed) } }
}
