package import Invalidation

extension Configuration {
    package struct Origin: Sendable, Equatable {
        package enum Scheme: String, Sendable, CaseIterable {
            case http, https
        }

        /// What the origin sees as `Host`.
        package enum HostField: Sendable, Equatable {
            /// As the client sent it.
            case client
            /// The server's own host and port.
            case origin
            case name(String)
        }

        package enum Retry: String, Sendable, CaseIterable {
            case never
            /// Bodyless idempotent requests, once.
            case idempotent
        }

        package struct Server: Sendable, Equatable {
            package var scheme: Scheme
            /// A name or an IP address, IPv6 without brackets.
            package var host: String
            package var port: Int
        }

        /// The key in `origins`; an inline origin has its URL as name.
        package var name: String
        package var server: Server
        package var host: HostField
        package var connectTimeout: Int64
        /// To the first byte of the answer.
        package var timeout: Int64
        /// Between bytes, not while we pause.
        package var idleTimeout: Int64
        /// Idle connections kept.
        package var keepalive: Int
        package var retry: Retry
        /// Whether `Via` is added towards the origin.
        package var via: Bool
    }

    package struct Site: Sendable {
        /// In lower case; `SiteTable` has them too.
        package var hosts: [String]
        /// An index into `Configuration.origins`.
        package var origin: Int
        package var cache: SiteCache
        package var query: QueryKey
        /// For each setting the first matching rule that sets it.
        package var rules: [Rule]
        /// Nil: the default one.
        package var partition: String?
    }

    /// Durations are whole seconds, in milliseconds.
    package struct SiteCache: Sendable, Equatable {
        /// Whether clients may force a validation.
        package enum ClientRevalidation: String, Sendable, CaseIterable {
            case honour, ignore
        }

        /// 0: the heuristics of RFC 9111.
        package var defaultTTL: Int64
        package var staleWhileRevalidate: Int64
        package var staleIfError: Int64
        /// Names of response fields that carry tags, as written in the file.
        package var tags: [String]
        package var exposeTags: Bool
        package var clientRevalidation = ClientRevalidation.honour
    }

    package struct QueryKey: Sendable, Equatable {
        /// If not nil, the only parameters that are kept.
        package var keep: [Glob]?
        /// Parameters whose names match are left out of the key and of the request to the origin.
        package var drop: [Glob]
        package var sort: Bool
    }
}
