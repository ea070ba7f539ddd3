/// Where one server listens.
package enum RedisAddress: Sendable, Hashable {
    /// A name or an address (IPv6 without brackets).
    case host(String, port: Int)
    case unixSocket(path: String)

    /// For logs.
    package var name: String {
        switch self {
        case .host(let host, let port): host.utf8.contains(0x3a) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): "unix:\(path)"
        }
    }
}

/// Which servers together are "the Redis".
package enum RedisDeployment: Sendable, Hashable {
    case standalone(RedisAddress)
    /// Sentinels, any of which knows who is the master of that name.
    case sentinel([RedisAddress], master: String)
    /// Some nodes of a cluster, any of which knows the others.
    case cluster([RedisAddress])

    /// For logs.
    package var name: String {
        switch self {
        case .standalone(let address): address.name
        case .sentinel(let sentinels, let master):
            "master \(master) of sentinels \(sentinels.map(\.name).joined(separator: ","))"
        case .cluster(let seeds): "cluster of \(seeds.map(\.name).joined(separator: ","))"
        }
    }
}
