/// The directives of all `Cache-Control` lines of one message, request or response (RFC 9111 §5.2, RFC 5861,
/// RFC 8246). Durations are seconds, at most 2^31.
package struct CacheControl: Sendable, Equatable {
    package struct Flags: OptionSet, Sendable, Equatable {
        package var rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let noStore = Flags(rawValue: 1)
        package static let noCache = Flags(rawValue: 1 << 1)
        package static let isPrivate = Flags(rawValue: 1 << 2)
        package static let isPublic = Flags(rawValue: 1 << 3)
        package static let mustRevalidate = Flags(rawValue: 1 << 4)
        package static let proxyRevalidate = Flags(rawValue: 1 << 5)
        package static let immutable = Flags(rawValue: 1 << 6)
        package static let mustUnderstand = Flags(rawValue: 1 << 7)
        package static let noTransform = Flags(rawValue: 1 << 8)
        package static let onlyIfCached = Flags(rawValue: 1 << 9)
        /// A targeted field said it (RFC 9213): `Cache-Control` and `Expires` count for nothing.
        package static let targeted = Flags(rawValue: 1 << 13)
        /// The field that said it ends here: neither clients nor the store get it.
        package static let consumed = Flags(rawValue: 1 << 14)
        /// There was at least one `Cache-Control` line.
        package static let present = Flags(rawValue: 1 << 15)
    }

    package var flags: Flags = []
    /// 0 when the response's argument is no number (RFC 9111 §4.2.1: invalid freshness is stale).
    package var maxAge: UInt32?
    /// As `maxAge`.
    package var sMaxAge: UInt32?
    package var staleWhileRevalidate: UInt32?
    package var staleIfError: UInt32?
    /// Request only. An argument that is no number is as if it was not there.
    package var minFresh: UInt32?
    /// Request only; `anyStaleness` when it has no argument.
    package var maxStale: UInt32?
    /// The fields of a qualified `no-cache="a, b"`, lower case; empty when unqualified or absent.
    package var noCacheFields: [[UInt8]] = []
    /// The fields of a qualified `private="a, b"`, lower case; empty when unqualified or absent.
    package var privateFields: [[UInt8]] = []

    /// `max-stale` without an argument: a response of any staleness (RFC 9111 §5.2.1.2).
    package static let anyStaleness = UInt32.max

    package init() {}
}

extension CacheControl {
    package var isPresent: Bool { flags.contains(.present) }
    package var noStore: Bool { flags.contains(.noStore) }
    /// Unqualified `no-cache`; the qualified form fills `noCacheFields`.
    package var noCache: Bool { flags.contains(.noCache) }
    /// Unqualified `private`; the qualified form fills `privateFields`.
    package var isPrivate: Bool { flags.contains(.isPrivate) }
    package var isPublic: Bool { flags.contains(.isPublic) }
    package var mustRevalidate: Bool { flags.contains(.mustRevalidate) }
    package var proxyRevalidate: Bool { flags.contains(.proxyRevalidate) }
    package var immutable: Bool { flags.contains(.immutable) }
    package var mustUnderstand: Bool { flags.contains(.mustUnderstand) }
    package var noTransform: Bool { flags.contains(.noTransform) }
    /// A request's directives without those that ask for validation or refuse a response for its age.
    package var withoutRevalidation: CacheControl {
        var kept = self
        kept.flags.remove(.noCache)
        kept.maxAge = nil
        kept.minFresh = nil
        return kept
    }

    package var isTargeted: Bool { flags.contains(.targeted) }
    package var onlyIfCached: Bool { flags.contains(.onlyIfCached) }
}
