/// What an invalidation names (design.md section 1). All bytes are literals in their canonical form.
package enum Selector: Sendable, Hashable {
    /// Every variant and method of one URL, under both schemes; `host` without a port means every port.
    /// `target` is path and query as in the cache key: `/path`, `/path?` or `/path?query`.
    case url(host: [UInt8], target: [UInt8])
    /// Every URL of the host whose path and query begin with these bytes.
    case prefix(host: [UInt8], prefix: [UInt8])
    /// Every URL that the glob matches (`Glob`): path and query on any host, when it begins with `/`; else host, path
    /// and query in one piece, the host with its port or without.
    case glob([UInt8])
    /// Every response that carries the tag, whatever its host.
    case tag([UInt8])
    /// Everything of one host name, on every port.
    case host([UInt8])
    case all

    /// What it says beside its kind; empty where it says less.
    var strings: (first: [UInt8], second: [UInt8]) {
        switch self {
        case .url(let host, let target): (host, target)
        case .prefix(let host, let prefix): (host, prefix)
        case .glob(let pattern): (pattern, [])
        case .tag(let tag): (tag, [])
        case .host(let host): (host, [])
        case .all: ([], [])
        }
    }

    package enum Kind: UInt8, Sendable {
        case url = 1
        case prefix = 2
        case tag = 3
        case host = 4
        case all = 5
        case glob = 6
    }

    package var kind: Kind {
        switch self {
        case .url: .url
        case .prefix: .prefix
        case .glob: .glob
        case .tag: .tag
        case .host: .host
        case .all: .all
        }
    }
}

/// Hard: what it selects is gone. Soft: it is stale.
package enum InvalidationMode: UInt8, Sendable, Hashable {
    case hard = 1
    case soft = 2
}

/// Who wanted an invalidation.
package enum InvalidationCause: UInt8, Sendable, Hashable {
    /// Someone who may purge.
    case purge = 0
    /// The answer to an unsafe method (RFC 9111 §4.4). Anyone can send one, so these records have a quota of their own
    /// and are dropped first (invalidation.md rule 21).
    case unsafeMethod = 1
}

/// One accepted invalidation, as the log keeps it.
package struct InvalidationRecord: Sendable, Equatable {
    /// Its place in the log: `Position.n`.
    package var n: UInt64
    /// Random; the same record sent twice has the same nonce (invalidation.md rule 17).
    package var nonce: UInt64
    package var mode: InvalidationMode
    package var cause: InvalidationCause
    package var selectors: [Selector]
    /// Milliseconds since 1970 when it was accepted. Only `purge.retention` looks at it: no clock decides validity.
    package var acceptedAt: Int64

    package init(
        n: UInt64, nonce: UInt64, mode: InvalidationMode, cause: InvalidationCause = .purge, selectors: [Selector],
        acceptedAt: Int64
    ) {
        self.n = n
        self.nonce = nonce
        self.mode = mode
        self.cause = cause
        self.selectors = selectors
        self.acceptedAt = acceptedAt
    }
}
