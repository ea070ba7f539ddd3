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
    /// Everything of one partition.
    case partition([UInt8])
    /// What the other selects, in one partition only. Made by `within(_:)`, which never puts one into another.
    indirect case restricted(partition: [UInt8], Selector)

    /// The partition of what no other is said for. It has no name in keys.
    package static let defaultPartition = Array("default".utf8)

    /// The same in one partition only. A selector that names a partition already stays as it is.
    /// - Parameter partition: its name; no NUL is in it.
    package func within(_ partition: [UInt8]) -> Selector {
        switch self {
        case .all: .partition(partition)
        case .partition, .restricted: self
        case .url, .prefix, .glob, .tag, .host: .restricted(partition: partition, self)
        }
    }

    /// What it says beside its kind; empty where it says less. Of a restricted one the partition's name and a NUL come
    /// first.
    var strings: (first: [UInt8], second: [UInt8]) {
        switch self {
        case .url(let host, let target): (host, target)
        case .prefix(let host, let prefix): (host, prefix)
        case .glob(let pattern): (pattern, [])
        case .tag(let tag): (tag, [])
        case .host(let host): (host, [])
        case .all: ([], [])
        case .partition(let name): (name, [])
        case .restricted(let partition, let selector):
            (partition + [0] + selector.strings.first, selector.strings.second)
        }
    }

    package enum Kind: UInt8, Sendable {
        case url = 1
        case prefix = 2
        case tag = 3
        case host = 4
        case all = 5
        case glob = 6
        case urlWithin = 0x11
        case prefixWithin = 0x12
        case tagWithin = 0x13
        case hostWithin = 0x14
        case partition = 0x15
        case globWithin = 0x16

        /// Of what is restricted to a partition; nil: it is not.
        var inner: Kind? {
            switch self {
            case .url, .prefix, .tag, .host, .all, .glob, .partition: nil
            case .urlWithin: .url
            case .prefixWithin: .prefix
            case .tagWithin: .tag
            case .hostWithin: .host
            case .globWithin: .glob
            }
        }

        /// The same, restricted to a partition.
        var within: Kind {
            switch self {
            case .url: .urlWithin
            case .prefix: .prefixWithin
            case .tag: .tagWithin
            case .host: .hostWithin
            case .glob: .globWithin
            case .all: .partition
            case .partition, .urlWithin, .prefixWithin, .tagWithin, .hostWithin, .globWithin: self
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .url: .url
        case .prefix: .prefix
        case .glob: .glob
        case .tag: .tag
        case .host: .host
        case .all: .all
        case .partition: .partition
        case .restricted(_, let selector): selector.kind.within
        }
    }

    /// From its kind and `strings`, which may come from outside; nil: no selector has these.
    init?(_ kind: Kind, _ first: [UInt8], _ second: [UInt8]) {
        switch kind {
        case .url: self = .url(host: first, target: second)
        case .prefix: self = .prefix(host: first, prefix: second)
        case .glob: self = .glob(first)
        case .tag: self = .tag(first)
        case .host: self = .host(first)
        case .all: self = .all
        case .partition: self = .partition(first)
        case .urlWithin, .prefixWithin, .tagWithin, .hostWithin, .globWithin:
            guard let end = first.firstIndex(of: 0), let inner = kind.inner,
                let selector = Selector(inner, Array(first[(end + 1)...]), second)
            else { return nil }
            self = .restricted(partition: Array(first[..<end]), selector)
        }
    }

    /// The partition that it is restricted to, or names; nil: it selects in all of them.
    package var partition: [UInt8]? {
        switch self {
        case .url, .prefix, .glob, .tag, .host, .all: nil
        case .partition(let name), .restricted(let name, _): name
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
