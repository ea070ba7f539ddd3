/// A token that opens purging from any address, for all hosts and partitions or for some.
package struct PurgeToken: Sendable {
    let bytes: [UInt8]
    /// Which hosts; nil: all of them, and what is bound to no host.
    let scope: SiteTable?
    /// The scope for people.
    let hosts: [String]

    /// Nil: all partitions.
    let partitions: [String]?

    /// - Parameters:
    ///   - hosts: exact names, `*.name` or `*`, as a site has them; nil: no bound.
    ///   - partitions: names; nil: no bound.
    package init(_ token: String, hosts: [String]? = nil, partitions: [String]? = nil) {
        self.partitions = partitions
        bytes = Array(token.utf8)
        self.hosts = hosts ?? []
        scope = hosts.map { hosts in
            var table = SiteTable()
            for host in hosts { _ = table.insert(host, site: 0) }
            return table
        }
    }

    /// Takes as long for the first differing byte as for the last; only the lengths show (attacks.md 23).
    func matches(_ shown: ArraySlice<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        var difference = UInt8(bytes.count == shown.count ? 0 : 1)
        for (index, byte) in shown.enumerated() { difference |= byte ^ bytes[index % bytes.count] }
        return difference == 0
    }
}

/// By what right someone purges.
package struct PurgeGrant: Sendable, Equatable {
    package enum Credential: Sendable, Equatable {
        /// The address is one of those that may.
        case address
        /// The token at this place of `purge.tokens`.
        case token(Int)
        /// The admin listener's own token.
        case adminToken
    }

    package var credential: Credential
    /// Nil: for everything.
    let scope: Scope?
    /// Names; nil: in every partition.
    let partitions: [String]?

    struct Scope: Sendable, Equatable {
        let table: SiteTable
        let hosts: [String]

        static func == (one: Scope, other: Scope) -> Bool { one.hosts == other.hosts }
    }

    package static let address = PurgeGrant(credential: .address, scope: nil)
    package static let adminToken = PurgeGrant(credential: .adminToken, scope: nil)

    init(credential: Credential, scope: Scope?, partitions: [String]? = nil) {
        self.credential = credential
        self.scope = scope
        self.partitions = partitions
    }

    init(token: PurgeToken, at index: Int) {
        credential = .token(index)
        scope = token.scope.map { Scope(table: $0, hosts: token.hosts) }
        partitions = token.partitions
    }

    /// What a wish that names no partition means by this right: a token for some partitions purges in those, and so does
    /// a client that knows nothing of partitions.
    func narrowed(_ wish: PurgeWish) -> PurgeWish {
        guard let partitions, wish.partitions.isEmpty, !wish.targets.isEmpty else { return wish }
        return wish.within(partitions.map { Array($0.utf8) })
    }

    /// Why this right does not reach that far; nil: it does.
    package func refusal(of wish: PurgeWish) -> String? {
        if let partitions {
            let names = partitions.joined(separator: ", ")
            guard !wish.partitions.isEmpty else { return "the token is for partitions (\(names)): name one of them" }
            for name in wish.partitions where !partitions.contains(where: { $0.utf8.elementsEqual(name) }) {
                return "the token is for partitions (\(names)), not for \(String(decoding: name, as: UTF8.self))"
            }
        }
        if let scope, wish.targets.isEmpty {
            let hosts = scope.hosts.joined(separator: ", ")
            return "the token is for \(hosts): a partition is purged whatever its host, which needs one for all"
        }
        return refusal(of: wish.targets)
    }

    /// Why this right does not reach the hosts of the targets; nil: it does.
    func refusal(of targets: [PurgeTarget]) -> String? {
        guard let scope else { return nil }
        let hosts = scope.hosts.joined(separator: ", ")
        for target in targets {
            let host: ArraySlice<UInt8>
            switch target {
            case .url(let named, _, _), .prefix(let named, _), .host(let named): host = named[...]
            case .glob(let pattern):
                // Only a literal host is one that can be compared.
                let name = pattern.prefix { $0 != 0x2f }
                guard !name.isEmpty, !name.contains(UInt8(ascii: "*")), !name.contains(UInt8(ascii: "?")) else {
                    return "the token is for \(hosts): a pattern has to begin with one of these hosts"
                }
                host = name
            case .tag: return "the token is for \(hosts): a tag is purged whatever its host, which needs one for all"
            case .all: return "the token is for \(hosts): purging everything needs one for all"
            }
            let isInside = Array(host).withUnsafeBytes { scope.table.index(ofHost: $0) != nil }
            guard isInside else {
                return "the token is for \(hosts), not for \(String(decoding: host, as: UTF8.self))"
            }
        }
        return nil
    }
}
