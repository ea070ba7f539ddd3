package import CacheModel
package import Invalidation

/// What the admin API and the log are told about the proxy at one moment. Counters only grow.
package struct ProxyStatistics: Sendable {
    /// Per tier that is configured, in the order memory, redis, disk.
    package var tiers: [(name: TierName, statistics: TierStatistics)] = []
    /// Answered requests by result, indexed as `CacheResult.allCases`.
    package var requests: [UInt64] = Array(repeating: 0, count: CacheResult.allCases.count)
    /// Time from head to last byte handed to the socket, over all answered requests.
    package var responseMicroseconds: UInt64 = 0
    /// Body bytes sent to clients.
    package var bodyBytes: UInt64 = 0
    /// Over the last ten seconds.
    package var requestsPerSecond: Double = 0
    /// Buffers of access-log lines that could not be written.
    package var accessLogDrops: UInt64 = 0
    package var openConnections: Int = 0
    package var flights: Int = 0
    /// Fetches started at origins, and those that failed.
    package var originRequests: UInt64 = 0
    package var originFailures: UInt64 = 0
    package var position: Position = Position(epoch: 0, n: 0)
    package var uptimeSeconds: Double = 0

    package init() {}

    package func count(_ result: CacheResult) -> UInt64 {
        requests[CacheResult.allCases.firstIndex(of: result)!]
    }

    package var totalRequests: UInt64 { requests.reduce(0, +) }
}

/// Whether requests should be sent to this instance (`GET /ready`).
package enum Readiness: String, Sendable {
    /// Catching up with the invalidation log.
    case starting
    case ready
    case draining
}

/// What the admin API may ask of the running proxy. Any thread.
package protocol ProxyControl: AnyObject, Sendable {
    func statistics() -> ProxyStatistics
    var readiness: Readiness { get }
}
