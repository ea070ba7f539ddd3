import Engine
import RedisTier
import Settings

/// What `GET /cache/layers` shows of proxy.conf.
enum Layers {
    static func memory(_ tier: Configuration.Memory) -> [(key: String, value: LayerReport.Value)] {
        var settings: [(key: String, value: LayerReport.Value)] = [
            ("size", .bytes(tier.size)), ("policy", .text(tier.policy.rawValue)),
            ("max_object", .bytes(tier.maxObject)),
        ]
        if let cap = tier.maxTTL { settings.append(("max_ttl", .milliseconds(cap))) }
        return settings
    }

    static func redis(_ tier: Configuration.Redis) -> [(key: String, value: LayerReport.Value)] {
        [
            ("servers", .text(RedisTierConfiguration(tier).serverName)), ("prefix", .text(tier.prefix)),
            ("timeout", .milliseconds(tier.timeout)),
            ("max_object", .bytes(tier.maxObject)), ("max_ttl", .milliseconds(tier.maxTTL)),
            ("write", .text(tier.write.rawValue)), ("promote", promotion(tier.promote)),
        ]
    }

    static func disk(_ tier: Configuration.Disk) -> [(key: String, value: LayerReport.Value)] {
        var settings: [(key: String, value: LayerReport.Value)] = [
            ("path", .text(tier.path)), ("size", .bytes(tier.size)), ("max_object", .bytes(tier.maxObject)),
            ("sync", .milliseconds(tier.sync)), ("write", .text(tier.write.rawValue)),
            ("promote", promotion(tier.promote)),
        ]
        if let cap = tier.maxTTL { settings.append(("max_ttl", .milliseconds(cap))) }
        return settings
    }

    private static func promotion(_ promote: Configuration.Promotion) -> LayerReport.Value {
        switch promote {
        case .always: .text("always")
        case .never: .text("never")
        case .hits(let count): .number(count)
        }
    }
}
