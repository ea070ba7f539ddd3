package import Engine
internal import Synchronization

/// The counters and the access log of all loops.
package final class Telemetry: Sendable {
    /// One for each loop, in the order of their indices.
    package let logs: [LoopTelemetry]
    private let accessLog: AccessLogWriter?
    private let rate = Mutex(RateWindow())

    package init(loops: Int, accessLog: AccessLogWriter?) {
        self.accessLog = accessLog
        logs = (0..<loops).map { _ in LoopTelemetry(accessLog) }
    }

    private var total: UInt64 {
        CacheResult.allCases.reduce(0) { sum, result in sum + logs.reduce(0) { $0 + $1.counters.value(result) } }
    }

    /// Notes how many requests there were. Called once a second; `now` in milliseconds of a clock that never goes back.
    package func tick(now: Int64) {
        let total = self.total
        rate.withLock { $0.sample(total, now: now) }
    }

    /// Adds what was counted. Any thread.
    package func fill(_ statistics: inout ProxyStatistics, now: Int64) {
        statistics.requests = CacheResult.allCases.map { result in
            logs.reduce(0) { $0 + $1.counters.value(result) }
        }
        statistics.responseMicroseconds = logs.reduce(0) { $0 + $1.counters.totalMicroseconds }
        statistics.bodyBytes = logs.reduce(0) { $0 + $1.counters.totalBodyBytes }
        statistics.accessLogDrops = accessLog?.drops ?? 0
        let total = statistics.totalRequests
        statistics.requestsPerSecond = rate.withLock { $0.perSecond(total, now: now) }
    }
}
