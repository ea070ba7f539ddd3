import CacheModel
import Engine
import RedisTier
import Settings

/// What `GET /cache/layers` shows of proxy.conf: every setting of the tier, its secrets and paths of keys aside.
enum Layers {
    typealias Entries = [(key: String, value: LayerReport.Value)]

    static func settings(of tier: TierName, _ settings: Configuration) -> Entries {
        let tiers = settings.tiers
        var entries: Entries =
            switch tier {
            case .memory: tiers.memory.map(memory) ?? []
            case .redis: tiers.redis.map(redis) ?? []
            case .disk: tiers.disk.map(disk) ?? []
            }
        if !settings.partitions.isEmpty { entries.append(("partitions", .group(shares(of: tier, settings)))) }
        return entries
    }

    private static func memory(_ tier: Configuration.Memory) -> Entries {
        [
            ("size", .bytes(tier.size)), ("policy", .text(tier.policy.rawValue)),
            ("max_object", .bytes(tier.maxObject)), ("max_ttl", cap(tier.maxTTL)),
        ]
    }

    private static func redis(_ tier: Configuration.Redis) -> Entries {
        [
            ("servers", .text(RedisTierConfiguration(tier).serverName)), ("prefix", .text(tier.prefix)),
            ("tls", tier.tls.map { .group(["verify": .text($0.verify.rawValue)]) } ?? .text("off")),
            ("timeout", .milliseconds(tier.timeout)),
            ("max_object", .bytes(tier.maxObject)), ("max_ttl", .milliseconds(tier.maxTTL)),
            (
                "compress",
                tier.compress.map { .group(["level": .number($0.level), "min_size": .bytes($0.minSize)]) }
                    ?? .text("off")
            ),
            ("lease", tier.lease.map { .milliseconds($0) } ?? .text("off")),
            ("write", .text(tier.write.rawValue)), ("promote", promotion(tier.promote)),
        ]
    }

    private static func disk(_ tier: Configuration.Disk) -> Entries {
        [
            ("path", .text(tier.path)), ("size", .bytes(tier.size)), ("max_object", .bytes(tier.maxObject)),
            ("sync", .milliseconds(tier.sync)), ("save_index", .milliseconds(tier.saveIndex)),
            ("max_ttl", cap(tier.maxTTL)), ("write", .text(tier.write.rawValue)),
            ("promote", promotion(tier.promote)),
        ]
    }

    /// What each partition has of the tier; Redis has no shares.
    private static func shares(of tier: TierName, _ settings: Configuration) -> [String: LayerReport.Value] {
        func share(_ bytes: Int?) -> LayerReport.Value { bytes.map { .bytes($0) } ?? .text("off") }
        let whole: LayerReport.Value =
            switch tier {
            case .memory: share(settings.tiers.memory.map { settings.defaultShare(of: $0.size, \.memory) })
            case .redis: .flag(true)
            case .disk: share(settings.tiers.disk.map { settings.defaultShare(of: $0.size, \.disk) })
            }
        var shares = ["default": whole]
        for partition in settings.partitions {
            shares[partition.name] =
                switch tier {
                case .memory: share(partition.memory)
                case .redis: .flag(partition.redis)
                case .disk: share(partition.disk)
                }
        }
        return shares
    }

    private static func cap(_ ttl: Int64?) -> LayerReport.Value { ttl.map { .milliseconds($0) } ?? .text("none") }

    private static func promotion(_ promote: Configuration.Promotion) -> LayerReport.Value {
        switch promote {
        case .always: .text("always")
        case .never: .text("never")
        case .hits(let count): .number(count)
        }
    }
}
