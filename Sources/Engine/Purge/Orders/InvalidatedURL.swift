internal import CacheModel
internal import HTTPMessage
internal import Invalidation

/// One URL as invalidations name it (invalidation.md rule 20): every port if it names none, both schemes; as the
/// site's key rules make it, and as it was given.
struct InvalidatedURL: Sendable {
    var selectors: [Selector] = []
    /// What it may be stored under.
    var keys: [CacheKey] = []
    /// `/path`, `/path?` or `/path?query`, as the key rules make it.
    let target: [UInt8]

    /// - Parameters:
    ///   - host, path, givenQuery: canonical (`CanonicalTarget`).
    ///   - rules: the site's.
    ///   - partitions: where it may be stored, by their names in keys.
    ///   - isRestricted: it is invalid in these only; else in every partition that any instance has.
    init(
        host: [UInt8], path: [UInt8], givenQuery: [UInt8]?, rules: QueryRules, in partitions: [[UInt8]] = [[]],
        isRestricted: Bool = false
    ) {
        let query = Self.apply(rules, to: givenQuery)
        target = Self.target(path, query)
        for query in query == givenQuery ? [query] : [query, givenQuery] {
            let selector = Selector.url(host: host, target: Self.target(path, query))
            selectors += isRestricted ? partitions.map { selector.within(Partition.selectorName($0)) } : [selector]
            for name in partitions {
                keys += ["http", "https"].map {
                    CacheKey(partition: name, scheme: $0.utf8, host: host, path: path, query: query)
                }
            }
        }
    }

    /// A query of which the rules leave nothing is none; one that was empty before stays.
    private static func apply(_ rules: QueryRules, to query: [UInt8]?) -> [UInt8]? {
        guard let query, !query.isEmpty, let replacement = rules.apply(to: query[...]) else { return query }
        return replacement.isEmpty ? nil : replacement
    }

    private static func target(_ path: [UInt8], _ query: [UInt8]?) -> [UInt8] {
        query.map { path + [0x3f] + $0 } ?? path
    }
}
