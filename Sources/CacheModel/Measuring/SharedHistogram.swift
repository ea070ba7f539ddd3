internal import Synchronization

/// Times that several loops count together. For calls that take tens of microseconds and more: each count is one atomic
/// addition on memory that others write too. Any thread.
package final class SharedHistogram: Sendable {
    private let cells = InlineArray<272, Atomic<UInt64>> { _ in Atomic(0) }

    package init() { precondition(Histogram.bucketCount == 272, "one cell a bucket") }

    package func count(microseconds: Int64) {
        cells[Histogram.bucket(UInt64(max(0, microseconds)))].add(1, ordering: .relaxed)
    }

    /// What was counted so far.
    package var summary: TimeSummary {
        let counts = (0..<Histogram.bucketCount).map { cells[$0].load(ordering: .relaxed) }
        return TimeSummary(
            count: counts.reduce(0, +), median: Histogram.quantile(0.5, of: counts),
            p90: Histogram.quantile(0.9, of: counts), p99: Histogram.quantile(0.99, of: counts),
            p999: Histogram.quantile(0.999, of: counts))
    }
}

/// How long calls took, in microseconds, give or take an eighth; nil before the first.
package struct TimeSummary: Sendable, Equatable {
    package var count: UInt64
    package var median: UInt64?
    package var p90: UInt64?
    package var p99: UInt64?
    package var p999: UInt64?

    package init(count: UInt64 = 0, median: UInt64? = nil, p90: UInt64? = nil, p99: UInt64? = nil, p999: UInt64? = nil)
    {
        self.count = count
        self.median = median
        self.p90 = p90
        self.p99 = p99
        self.p999 = p999
    }
}
