import CacheModel
import DiskTier
import Engine
import Foundation
import Invalidation
import Logging
import MemoryTier
import RedisTier
import Settings

/// The tiers of every partition, made from the shares that proxy.conf gives them.
struct Tiers: Sendable {
    /// The whole of it; partitions have views of their keys.
    let redis: RedisTier?
    /// Of the partitions that have one.
    let disks: [any SpoolingTier]
    /// The default one first.
    private let partitions: [Partition]

    static func redis(_ settings: Configuration, loops: [NIOLoop]) throws -> RedisTier? {
        try settings.tiers.redis.map {
            try RedisTier(
                RedisTierConfiguration($0), eventLoops: loops.map { $0.eventLoop },
                logger: Logger(label: "strata.redis"))
        }
    }

    init(_ settings: Configuration, redis: RedisTier?, loops: [NIOLoop]) throws {
        self.redis = redis
        var disks: [any SpoolingTier] = []
        var partitions: [Partition] = []
        let stateSpools = StateSpoolFactory(folder: settings.state, limit: Self.spoolLimit(in: settings.state))
        // Of one partition a tier's meter is the tier's.
        let isDivided = !settings.partitions.isEmpty
        let totals = (redis: isDivided ? TierMeter() : nil, disk: isDivided ? TierMeter() : nil)

        /// - Parameter name: nil: the default one.
        func add(_ name: String?, memory: Int?, redis: RedisTier?, disk: Int?) throws {
            var slower: [Engine.SlowTier] = []
            if let redis, let tier = settings.tiers.redis {
                slower.append(
                    Engine.SlowTier(redis, write: tier.write, promote: tier.promote, total: totals.redis))
            }
            var made: LateDiskTier?
            if let disk, let tier = settings.tiers.disk {
                let names = name == nil ? Set(settings.partitions.filter { $0.disk != nil }.map(\.name)) : nil
                let opened = try Self.disk(tier, name: name, share: disk, others: names)
                disks.append(opened)
                slower.append(
                    Engine.SlowTier(
                        opened, write: tier.write, promote: tier.promote, maxTTL: tier.maxTTL, total: totals.disk))
                made = opened
            }
            let memory = memory.flatMap { share in
                settings.tiers.memory.map { MemoryTier(MemoryTier.Configuration($0, share: share)) }
            }
            partitions.append(
                Partition(
                    name: name, memory: memory, slower: slower, spools: stateSpools, spoolingTier: made,
                    leasingTier: settings.tiers.redis?.lease == nil ? nil : redis))
        }
        try add(
            nil, memory: settings.tiers.memory.map { settings.defaultShare(of: $0.size, \.memory) }, redis: redis,
            disk: settings.tiers.disk.map { settings.defaultShare(of: $0.size, \.disk) })
        for partition in settings.partitions {
            let view = redis.flatMap { redis in
                partition.redis
                    ? RedisTier(partition: partition.name, of: redis, eventLoops: loops.map { $0.eventLoop }) : nil
            }
            try add(partition.name, memory: partition.memory, redis: view, disk: partition.disk)
        }
        self.disks = disks
        self.partitions = partitions
    }

    /// Bytes for bodies on their way to slow readers: half of what is free, for the purges are written there, too.
    private static func spoolLimit(in folder: String) -> Int {
        let free = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? Int
        return (free ?? 2 << 30) / 2
    }

    /// - Parameter others: of the default partition's: the names of those that have folders below its own.
    private static func disk(
        _ tier: Configuration.Disk, name: String?, share: Int, others: Set<String>?
    ) throws -> LateDiskTier {
        let path = name.map { PartitionFolders.path(of: $0, below: tier.path) } ?? tier.path
        var configuration = DiskTier.Configuration(
            path: path, size: share, maxObject: min(tier.maxObject, share / 2))
        configuration.syncMilliseconds = tier.sync
        configuration.snapshotMilliseconds = tier.saveIndex
        let logger = Logger(label: "strata.disk")
        return try LateDiskTier(configuration, logger: logger) {
            if let others { PartitionFolders.drop(below: tier.path, except: others, logger: logger) }
        }
    }

    func components(
        upstream: any Upstream, log: any InvalidationLog, audit: (any PurgeAudit)?
    ) -> Engine.Components {
        Engine.Components(
            default: partitions[0], upstream: upstream, log: log, audit: audit,
            partitions: Array(partitions.dropFirst()))
    }
}
