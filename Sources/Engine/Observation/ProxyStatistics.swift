package import CacheModel
package import Invalidation

/// What the admin API and the log are told about the proxy at one moment. Counters only grow.
package struct ProxyStatistics: Sendable {
    /// Per tier that is configured, in the order memory, redis, disk.
    package var tiers: [(name: TierName, statistics: TierStatistics)] = []
    /// What the engine counts of the slower ones.
    package var figures: [TierName: TierFigures] = [:]
    /// The same of each partition, `default` first; what stands above is their sum. Empty: there is that one only.
    package var partitions: [PartitionStatistics] = []
    /// Answered requests by result, indexed as `CacheResult.allCases`.
    package var requests: [UInt64] = Array(repeating: 0, count: CacheResult.allCases.count)
    /// Time from head to last byte handed to the socket, over all answered requests.
    package var responseMicroseconds: UInt64 = 0
    /// Body bytes sent to clients.
    package var bodyBytes: UInt64 = 0
    /// Over the last ten seconds or so; nil until there is something to compare with.
    package var requestsPerSecond: Double?
    /// Half, and 99 of 100, of all answers so far took no longer, give or take an eighth; nil before the first answer.
    package var responseMicrosecondsMedian: UInt64?
    package var responseMicroseconds99: UInt64?
    /// What became of the access log; nil without one.
    package var accessLog: AccessLogStatistics?
    package var openConnections: Int = 0
    package var flights: Int = 0
    /// Fetches started at origins, and those that failed.
    package var originRequests: UInt64 = 0
    package var originFailures: UInt64 = 0
    package var position: Position = Position(epoch: 0, n: 0)
    /// How the invalidation log is; nil: not known.
    package var log: LogStatus?
    package var uptimeSeconds: Double = 0
    package var invalidation = InvalidationStatistics()

    package init() {}

    package func count(_ result: CacheResult) -> UInt64 {
        requests[result.index]
    }

    package var totalRequests: UInt64 { requests.reduce(0, +) }
}

/// The tiers of one partition at one moment.
package struct PartitionStatistics: Sendable {
    package var name: String
    package var tiers: [(name: TierName, statistics: TierStatistics)]
    package var figures: [TierName: TierFigures]

    package init(
        name: String, tiers: [(name: TierName, statistics: TierStatistics)], figures: [TierName: TierFigures] = [:]
    ) {
        self.name = name
        self.tiers = tiers
        self.figures = figures
    }
}

/// What is told of the invalidation log and of what it makes of the tiers.
package struct InvalidationStatistics: Sendable {
    /// Selectors with a record that still says something.
    package var selectors: UInt64 = 0
    /// Stored responses whose tags were more, or longer, than are kept: every purge of a tag selects them.
    package var cutTagLists: UInt64 = 0
    /// Fetches that purges with `refresh` started.
    package var refreshed: UInt64 = 0
    /// Purges whose refresh did not take place, too many others waiting.
    package var refreshesDropped: UInt64 = 0
    /// Dead entries that were taken out in the background, by tier.
    package var collected: [TierName: UInt64] = [:]
    /// What became of the audit log; nil without one.
    package var audit: AccessLogStatistics?

    package init() {}
}

/// Counters of the access log; they only grow.
package struct AccessLogStatistics: Sendable, Equatable {
    /// Lines that were lost because the file or pipe took them too slowly or not at all.
    package var droppedLines: UInt64
    /// Writes that failed; they are tried again.
    package var failedWrites: UInt64

    package init(droppedLines: UInt64 = 0, failedWrites: UInt64 = 0) {
        self.droppedLines = droppedLines
        self.failedWrites = failedWrites
    }
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
    /// The tiers that are configured, in the order in which they are asked.
    func layers() -> [LayerReport]
    var readiness: Readiness { get }
    /// Who may purge beside those with the admin token.
    var purgeTokens: PurgeTokens { get }
    /// Carries out a purge. Refused ones come here too, for the audit log.
    func purge(_ wish: PurgeWish, by caller: PurgeCaller) async -> PurgeAnswer
    /// Tells the audit log of a request that came to nothing before there was a wish.
    func refusePurge(_ answer: PurgeAnswer, by caller: PurgeCaller)
    /// A page of the entries of a tier.
    func keys(_ query: KeyQuery) async throws(PurgeMistake) -> KeyPage
}
