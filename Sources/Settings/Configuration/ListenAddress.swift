/// An address to listen on.
package enum ListenAddress: Sendable, Hashable {
    /// A name or an IP address, IPv6 without brackets. Port 0: any free one.
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// Whether only this machine can connect. A name other than `localhost` is not looked up, and counts as open.
    package var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): IPAddress(host)?.isLoopback ?? (host == "localhost")
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    /// As proxy.conf writes it.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
