/// What a request towards the origin says of the client and of this instance.
package struct ForwardingContext: Sendable {
    /// The peer's IP address as text, without port or brackets; empty when it has none (a Unix socket).
    package var clientAddress: [UInt8]
    /// `http` or `https`, as the client spoke to us.
    package var scheme: [UInt8]
    /// The request's host with its port, as the client named it.
    package var host: [UInt8]
    /// The peer is in `trusted_proxies`: what it says of the client is believed and extended.
    package var isTrusted: Bool
    /// The `Host` that the origin gets (`host: client | origin | NAME`).
    package var originHost: [UInt8]
    /// For requests that bring no trusted one; empty: none is sent.
    package var requestID: [UInt8]
    /// `via` of the origin.
    package var viaToOrigin: Bool
    package var stripCookies: Bool
    /// Names this instance in `Via`, a token. Another for every instance: two tiers of Strata in a row are no loop.
    package var pseudonym: [UInt8]
    /// The client's HTTP version for `Via`: `1.1`, `1.0`, `2`.
    package var receivedVersion: StaticString

    package init(
        clientAddress: [UInt8], scheme: [UInt8], host: [UInt8], isTrusted: Bool, originHost: [UInt8],
        requestID: [UInt8], viaToOrigin: Bool = true, stripCookies: Bool = false, pseudonym: [UInt8],
        receivedVersion: StaticString = "1.1"
    ) {
        self.clientAddress = clientAddress
        self.scheme = scheme
        self.host = host
        self.isTrusted = isTrusted
        self.originHost = originHost
        self.requestID = requestID
        self.viaToOrigin = viaToOrigin
        self.stripCookies = stripCookies
        self.pseudonym = pseudonym
        self.receivedVersion = receivedVersion
    }
}
