package import Engine

/// Everything that proxy.conf can say, checked and with all defaults filled in. Plain values: durations are
/// milliseconds as `Int64`, sizes are bytes as `Int`. The keys' meaning, bounds and defaults are in
/// docs/configuration.md, which is made from `Schema`, the same table that fills these structures.
package struct Configuration: Sendable {
    /// Where clients connect. Never empty, no address twice (but port 0).
    package var listen: [ListenAddress]
    /// Event loops; nil: one a core.
    package var threads: Int?
    /// The folder of the journal, the position and the instance id. Need not exist.
    package var state: String
    /// How long open requests may finish after SIGTERM.
    package var shutdownTimeout: Int64
    /// Nil: no admin listener (`admin.listen: off`).
    package var admin: Admin?
    package var tiers: Tiers
    /// In the file's order, without the default one.
    package var partitions: [Partition]
    package var purge: Purge
    /// Whose X-Forwarded-*, Forwarded and X-Request-ID are believed and extended.
    package var trustedProxies: AddressSet
    /// Who may ask for the debug fields with `Strata-Debug: 1`.
    package var debugAllow: AddressSet
    /// Every origin, named ones first, in the file's order. `Site.origin` is an index into it.
    package var origins: [Origin]
    /// Never empty. The indices are `siteTable`'s.
    package var sites: [Site]
    package var siteTable: SiteTable
    package var limits: Limits
    package var timeouts: Timeouts
    package var log: Log

    package struct Admin: Sendable, Equatable {
        package var listen: ListenAddress
        /// Never empty; nil only if `listen` is on loopback or a unix socket.
        package var token: String?
    }

    package struct Purge: Sendable, Equatable {
        /// Socket addresses that may purge on the public listener.
        package var allow: AddressSet
        /// Any address may with one of these. None is empty.
        package var tokens: [Token]
        /// Purges a second; 0: no bound.
        package var rate: Int
        /// Fetches a second after a purge with `refresh`.
        package var refreshRate: Int
        /// Nil: no audit log; `-`: standard output.
        package var audit: String?
        package var maxBlind: Int64
        package var retention: Int64
        package var maxRecords: Int

        package struct Token: Sendable, Equatable {
            package var token: String
            /// Nil: all hosts, tags and everything.
            package var hosts: [String]?
            /// Nil: all partitions.
            package var partitions: [String]?
        }
    }

    package struct Limits: Sendable, Equatable {
        /// Request line and fields together.
        package var requestHead: Int
        package var requestLine: Int
        /// How many field lines.
        package var fields: Int
        /// Nil: unlimited.
        package var requestBody: Int?
        /// Open client connections.
        package var connections: Int
    }

    package struct Timeouts: Sendable, Equatable {
        /// For a whole request head, from its first byte or the connection's start.
        package var header: Int64
        /// Between two reads of a request body.
        package var body: Int64
        /// For the next request on a kept connection.
        package var idle: Int64
        /// Without progress while the client does not read.
        package var write: Int64
    }

    package struct Log: Sendable, Equatable {
        /// swift-log's levels; the raw values are theirs too.
        package enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        package enum Format: String, Sendable, CaseIterable {
            case text, json
        }

        package enum AccessFormat: String, Sendable, CaseIterable {
            case combined, json
        }

        package struct Access: Sendable, Equatable {
            /// Nil: standard output (`-`).
            package var path: String?
            package var format: AccessFormat
        }

        package var level: Level
        package var format: Format
        /// Nil: no access log.
        package var access: Access?
    }
}
