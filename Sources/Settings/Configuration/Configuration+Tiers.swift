package import RedisLocation

extension Configuration {
    /// A tier that is nil is not there.
    package struct Tiers: Sendable, Equatable {
        package var memory: Memory?
        package var redis: Redis?
        package var disk: Disk?
    }

    package struct Memory: Sendable, Equatable {
        package enum Policy: String, Sendable, CaseIterable {
            case adaptive
            case lru
            case lfu
            case arc
            case s3FIFO = "s3-fifo"
            case sieve
            case wTinyLFU = "w-tinylfu"
            case gdsf
        }

        /// Keys and metadata included.
        package var size: Int
        package var policy: Policy
        /// At most `size`.
        package var maxObject: Int
        /// Whole seconds; nil: no cap.
        package var maxTTL: Int64?
    }

    package struct Redis: Sendable, Equatable {
        package var url: RedisURL
        /// Nil: no TLS.
        package var tls: RedisTLS?
        /// Before every key: printable ASCII without spaces and braces, possibly empty.
        package var prefix: String
        /// The budget of one call.
        package var timeout: Int64
        package var maxObject: Int
        /// At most `Purge.retention`.
        package var maxTTL: Int64
        /// Nil: bodies go as they are.
        package var compress: Compression?
        /// How long one instance waits for another's fill; nil: not at all.
        package var lease: Int64?
        package var write: WriteMode
        package var promote: Promotion
    }

    package struct RedisTLS: Sendable, Equatable {
        package enum Verification: String, Sendable, CaseIterable {
            case full, chain, none
        }

        /// Paths of PEM files; nil for `authorities`: the system's.
        package var authorities: String?
        package var certificate: String?
        package var key: String?
        package var verify: Verification
    }

    package struct Compression: Sendable, Equatable {
        /// 1 to 9.
        package var level: Int
        package var minSize: Int
    }

    package struct Disk: Sendable, Equatable {
        package var path: String
        package var size: Int
        /// At most `size`.
        package var maxObject: Int
        /// How often what was written is made durable.
        package var sync: Int64
        /// How often its index is saved.
        package var saveIndex: Int64
        /// Nil: no cap.
        package var maxTTL: Int64?
        package var write: WriteMode
        package var promote: Promotion
    }

    /// When a fill reaches a slower tier.
    package enum WriteMode: String, Sendable, CaseIterable {
        /// Before the fill counts as done.
        case through
        /// From a bounded queue; a full one drops the write.
        case behind
        case off
    }

    /// When a hit in a slower tier is copied to the tiers above it.
    package enum Promotion: Sendable, Equatable {
        case always
        case never
        /// At this many hits and above; never below 1.
        case hits(Int)
    }
}
