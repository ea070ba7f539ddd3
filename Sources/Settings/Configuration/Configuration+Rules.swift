package import Invalidation

extension Configuration {
    /// One rule; a nil or empty setting leaves it to the rules after it. Durations are whole seconds, in milliseconds.
    package struct Rule: Sendable, Equatable {
        package var match: RuleMatch
        package var cache: Bool?
        package var ttl: Int64?
        /// Only with `ttl`.
        package var force: Bool?
        package var staleWhileRevalidate: Int64?
        package var staleIfError: Int64?
        package var stripCookies: Bool?
        /// Only without conditions but of the path.
        package var query: QueryKey?
        /// Only without conditions of the request but of the path, as `responseHeaders`.
        package var tags: [String]?
        package var requestHeaders = HeaderChanges()
        package var responseHeaders = HeaderChanges()
        package var write = Writes()
        package var promote = Promotions()
        /// Only without conditions but of path, fields and cookies.
        package var partition: String?
    }

    /// How a response is written to single tiers; nil: as the tier's settings say.
    package struct Writes: Sendable, Equatable {
        /// Never `.behind`.
        package var memory: WriteMode?
        package var redis: WriteMode?
        package var disk: WriteMode?
    }

    /// When hits of single slower tiers are copied to the faster ones; nil: as the tier's settings say.
    package struct Promotions: Sendable, Equatable {
        package var redis: Promotion?
        package var disk: Promotion?
    }

    /// Never empty. Of a list with several values one has to hold.
    package struct RuleMatch: Sendable, Equatable {
        package struct Named: Sendable, Equatable {
            /// As written in the file.
            package var name: String
            package var value: Glob
        }

        /// Over the canonical path, without the query.
        package var paths: [Glob] = []
        package var methods: [String] = []
        package var headers: [Named] = []
        package var cookies: [Named] = []
        /// In lower case.
        package var contentTypes: [Glob] = []
        package var statuses: [ClosedRange<Int>] = []
    }

    package struct HeaderChanges: Sendable, Equatable {
        package struct Field: Sendable, Equatable {
            package var name: String
            package var value: String
        }

        package var set: [Field] = []
        package var remove: [String] = []
    }
}
