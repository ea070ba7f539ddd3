package import CacheModel
package import HTTPMessage
package import Invalidation
package import Logging
package import MemoryTier
internal import Synchronization

/// What all loops share: the tiers, the log, the origin side, the flights, the policy. One a process; any thread.
package final class Engine: Sendable {
    package struct Components: Sendable {
        package var memory: MemoryTier?
        /// In the order in which they are asked: Redis, then disk.
        package var slower: [SlowTier]
        /// Where large bodies go while they arrive that the disk tier does not take.
        package var spools: any BodySpoolFactory
        /// The disk tier, when it takes spooled bodies over.
        package var spoolingTier: (any SpoolingTier)?
        /// The tier of `slower` in which instances agree on who fills.
        package var leasingTier: (any LeasingTier)?
        package var upstream: any Upstream
        package var log: any InvalidationLog
        /// Where purges are told; nil: nowhere but in the process's own log.
        package var audit: (any PurgeAudit)?
        /// Those beside the default one, whose tiers stand above.
        package var partitions: [Partition]

        package init(
            memory: MemoryTier?, slower: [SlowTier], spools: any BodySpoolFactory, spoolingTier: (any SpoolingTier)?,
            leasingTier: (any LeasingTier)? = nil, upstream: any Upstream, log: any InvalidationLog,
            audit: (any PurgeAudit)? = nil, partitions: [Partition] = []
        ) {
            self.memory = memory
            self.slower = slower
            self.spools = spools
            self.spoolingTier = spoolingTier
            self.leasingTier = leasingTier
            self.upstream = upstream
            self.log = log
            self.audit = audit
            self.partitions = partitions
        }

        package init(
            default partition: Partition, upstream: any Upstream, log: any InvalidationLog, audit: (any PurgeAudit)?,
            partitions: [Partition]
        ) {
            self.init(
                memory: partition.memory, slower: partition.slower, spools: partition.spools,
                spoolingTier: partition.spoolingTier, leasingTier: partition.leasingTier, upstream: upstream, log: log,
                audit: audit, partitions: partitions)
        }
    }

    package struct Policy: Sendable {
        package var sites: [SitePolicy]
        package var siteTable: SiteTable
        package var trustedProxies: AddressSet
        package var purgeAllow: AddressSet
        package var purgeTokens: PurgeTokens
        /// Purges a second; 0: no bound.
        package var purgeRate: Int
        /// Fetches a second of what purges with `refresh` made stale.
        package var refreshRate: Int
        package var debugAllow: AddressSet

        package init(
            sites: [SitePolicy], siteTable: SiteTable, trustedProxies: AddressSet = AddressSet(),
            purgeAllow: AddressSet = .loopback, purgeTokens: PurgeTokens = PurgeTokens([]), purgeRate: Int = 0,
            refreshRate: Int = 20, debugAllow: AddressSet = .loopback
        ) {
            self.sites = sites
            self.siteTable = siteTable
            self.trustedProxies = trustedProxies
            self.purgeAllow = purgeAllow
            self.purgeTokens = purgeTokens
            self.purgeRate = purgeRate
            self.refreshRate = refreshRate
            self.debugAllow = debugAllow
        }
    }

    package let components: Components
    package let policy: Policy
    package let logger: Logger
    /// The name in `Via`: `strata-` and eight hex digits, random a process, so that a chain of two Stratas is no loop.
    package let pseudonym: [UInt8]
    let flights = FlightTable()
    let uncacheable = UncacheableMarks()
    /// The default one, then those that `SitePolicy` and rules name by their place here.
    package let partitions: [Partition]
    let partitionNames: PartitionNames
    /// Whether there is any but the default one.
    let hasPartitions: Bool
    let validations = ValidationGate()
    let purgeRate: PurgeRate
    let refresher: Refresher
    let repeated = RepeatedPurges()
    let clock: @Sendable () -> Timestamp
    /// Milliseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps.
    private let bootClock: @Sendable () -> Int64
    let originRequests = Atomic<UInt64>(0)
    let originFailures = Atomic<UInt64>(0)
    /// Responses whose tags were more or longer than are kept.
    let cutTagLists = Atomic<UInt64>(0)
    let lurker = Lurker()

    package init(
        components: Components, policy: Policy, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
        bootClock: @escaping @Sendable () -> Int64 = BootClock.milliseconds
    ) {
        self.components = components
        self.policy = policy
        self.logger = logger
        self.clock = clock
        self.bootClock = bootClock
        let instance = components.log.table.instance
        partitions =
            [
                Partition(
                    name: nil, memory: components.memory, slower: components.slower, spools: components.spools,
                    spoolingTier: components.spoolingTier, leasingTier: components.leasingTier)
            ] + components.partitions
        partitionNames = PartitionNames(partitions)
        hasPartitions = !components.partitions.isEmpty
        purgeRate = PurgeRate(perSecond: policy.purgeRate)
        refresher = Refresher(perSecond: policy.refreshRate)
        let hex = String(instance >> 32, radix: 16)
        pseudonym = Array("strata-\(String(repeating: "0", count: 8 - hex.count))\(hex)".utf8)
        refresher.attach(self)
    }

    var table: InvalidationTable { components.log.table }

    /// Names this process in what it stores (invalidation.md rule 17).
    var instance: UInt64 { table.instance }

    /// Whether the log has been out of reach for too long to know what was purged (invalidation.md rule 15). Reads the
    /// clock each time, if there is a log that can be out of reach.
    @inline(__always)
    var isBlind: Bool { table.canBeBlind && table.isBlind(now: bootClock()) }

    /// The clock that `isBlind` goes by; what it says is milliseconds.
    var bootTime: Int64 { table.canBeBlind ? bootClock() : 0 }

    /// Judges a stored response against the invalidations (invalidation.md "Checking"). On a quiet log two comparisons,
    /// and with a log that can be out of reach a look at the clock.
    @inline(__always)
    func judge(_ response: StoredResponse) -> Verdict {
        if response.checkedBelow > table.stamp, !isBlind { return .valid }
        return judgeSlowly(response)
    }

    @inline(never)
    private func judgeSlowly(_ response: StoredResponse) -> Verdict {
        let verdict = judgeByRecords(response)
        return verdict != .gone && isBlind ? .unknown : verdict
    }

    /// What the records that are applied here say of a stored response. For what the origin has just confirmed: it is no
    /// older than this instance's knowledge, however old that is.
    func judgeByRecords(_ response: StoredResponse) -> Verdict {
        guard let parts = CacheKeyParts(response.key) else { return .gone }
        let subject = parts.subject(of: response.key, tags: response.tags, tagsCut: response.meta.tagsCut)
        let meta = response.meta
        let (verdict, upTo) = table.judge(
            subject, asOf: meta.asOf, localNumber: meta.instance == instance ? meta.localNumber : 0,
            checkedBelow: response.checkedBelow)
        if verdict == .valid { response.raiseCheckedBelow(to: upTo + 1) }
        return verdict
    }

    /// Judges what is not stored yet: a flight, or a hit-for-miss mark. By the records alone: what is on its way from
    /// the origin is no older than its request.
    /// - Parameter localNumber: of its request; 0: another process's.
    func judge(_ key: CacheKey, tags: [UInt8], tagsCut: Bool, asOf: Position, localNumber: UInt64) -> Verdict {
        key.bytes.withUnsafeBytes { bytes in
            guard let parts = CacheKeyParts(bytes) else { return .gone }
            return tags.withUnsafeBytes { tags in
                let subject = parts.subject(of: bytes, tags: tags, tagsCut: tagsCut)
                return table.judge(subject, asOf: asOf, localNumber: localNumber).verdict
            }
        }
    }
}

extension Engine {
    /// Begins to take dead entries out of the tiers, at a bounded rate, until the process ends.
    package func startLurker(on loop: any EngineLoop) { lurker.start(self, on: loop) }

    /// Adds what the engine counts. Any thread.
    package func fill(_ statistics: inout ProxyStatistics) {
        statistics.flights = flights.count
        statistics.originRequests = originRequests.load(ordering: .relaxed)
        statistics.originFailures = originFailures.load(ordering: .relaxed)
        statistics.position = table.position
        statistics.invalidation.selectors = UInt64(table.count)
        statistics.invalidation.cutTagLists = cutTagLists.load(ordering: .relaxed)
        statistics.invalidation.refreshed = refresher.started.load(ordering: .relaxed)
        statistics.invalidation.refreshesDropped = refresher.dropped.load(ordering: .relaxed)
        statistics.invalidation.collected = lurker.collected
        statistics.invalidation.audit = components.audit?.statistics
        statistics.log = components.log.status
    }
}
