extension CurlUpstream {
    /// How fetches are made, the same for every origin. Durations are milliseconds, sizes bytes.
    package struct Configuration: Sendable {
        /// Idle connections kept, all origins together: the sum of `OriginServer.keepalive`.
        package var idleConnections: Int
        /// An idle connection older than this is not used again. Under the 60 s after which most load balancers and
        /// servers close one: whoever closes first decides whether a request meets a closing connection, and that
        /// request could not be repeated. Whole seconds count.
        package var idleConnectionLife: Int64
        /// The status line and fields of one head; more is `.headTooLarge`. Trailers have the same bound.
        package var maximumHead: Int
        /// Field lines of one head.
        package var maximumFields: Int
        /// A PEM file of the authorities that vouch for https origins; `nil` is the system's.
        package var certificateAuthorities: String?

        package init(
            idleConnections: Int = 64, idleConnectionLife: Int64 = 50_000, maximumHead: Int = 64 << 10,
            maximumFields: Int = 256, certificateAuthorities: String? = nil
        ) {
            self.idleConnections = idleConnections
            self.idleConnectionLife = idleConnectionLife
            self.maximumHead = maximumHead
            self.maximumFields = maximumFields
            self.certificateAuthorities = certificateAuthorities
        }
    }

    /// Why no upstream could be made.
    package struct SetupError: Error, Sendable, CustomStringConvertible {
        package let description: String
    }
}
