internal import CacheModel
package import Engine
internal import Synchronization

/// What all loops counted, at one moment. Counters only grow.
package struct TelemetrySnapshot: Sendable {
    /// Answered requests by result, indexed as `CacheResult.allCases`.
    package var requests = [UInt64](repeating: 0, count: LoopCounters.results)
    package var responseMicroseconds: UInt64 = 0
    /// Body bytes sent to clients.
    package var bodyBytes: UInt64 = 0
    /// Answers by time, in the buckets of `Histogram`.
    var histogram = [UInt64](repeating: 0, count: Histogram.bucketCount)

    /// The time in µs that the share (0…1) of the answers didn't exceed, give or take an eighth; nil without answers.
    package func responseMicroseconds(quantile share: Double) -> UInt64? {
        Histogram.quantile(share, of: histogram)
    }
}

/// Counters and access log of the process. Any thread, but for what belongs to a loop.
package final class Telemetry: Sendable {
    /// One a loop, in the loops' order.
    package let logs: [LoopTelemetry]
    private let accessLog: AccessLogWriter?
    private let window = Mutex(RateWindow())

    /// - Parameters:
    ///   - accessLog: where lines go; nil: nowhere. The owner closes it.
    ///   - isJSON: lines are objects of JSON, in place of `combined`.
    package init(loops: Int, accessLog: AccessLogWriter?, isJSON: Bool = false) {
        logs = (0..<loops).map { _ in LoopTelemetry(writer: accessLog, isJSON: isJSON) }
        self.accessLog = accessLog
    }

    package func snapshot() -> TelemetrySnapshot {
        var sum = TelemetrySnapshot()
        for log in logs { log.counters.add(to: &sum) }
        return sum
    }

    private var total: UInt64 { logs.reduce(0) { $0 &+ $1.counters.total } }

    /// Samples the counters: call it about once a second. `now` is in milliseconds of a clock that only goes forward.
    package func tick(now: Int64) {
        window.withLock { $0.add(now: now, count: total) }
    }

    /// Answers a second over the last ten seconds or so; nil until two samples can be compared. `now` as in `tick`.
    package func requestsPerSecond(now: Int64) -> Double? {
        window.withLock { $0.rate(now: now, count: total) }
    }

    /// Fills in what is known here. `now` as in `tick`.
    package func fill(_ statistics: inout ProxyStatistics, now: Int64) {
        let snapshot = snapshot()
        statistics.requests = snapshot.requests
        statistics.responseMicroseconds = snapshot.responseMicroseconds
        statistics.bodyBytes = snapshot.bodyBytes
        statistics.requestsPerSecond = requestsPerSecond(now: now)
        statistics.responseMicrosecondsMedian = snapshot.responseMicroseconds(quantile: 0.5)
        statistics.responseMicroseconds99 = snapshot.responseMicroseconds(quantile: 0.99)
        statistics.accessLog = accessLog?.statistics
    }
}
