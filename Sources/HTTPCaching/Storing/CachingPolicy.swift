/// What a site's settings and the rules that match a request say about storing (design.md sections 7 and 9).
/// Durations are seconds.
package struct CachingPolicy: Sendable, Equatable {
    /// Lifetime of what the origin says nothing about; 0: the heuristics of RFC 9111 §4.2.2.
    package var defaultTTL: Int64
    /// Used when the response does not say.
    package var staleWhileRevalidate: Int64
    /// Used when the response does not say.
    package var staleIfError: Int64
    /// A rule's `ttl`: replaces the lifetime that the response gives itself.
    package var ruleTTL: Int64?
    /// The rule with the `ttl` names the statuses it is for: it then counts for any status that may be stored.
    package var ruleTTLNamesStatus: Bool
    /// A rule's `stale_while_revalidate`: replaces what the response says, but for must-revalidate and its like.
    package var ruleStaleWhileRevalidate: Int64?
    /// A rule's `stale_if_error`, likewise.
    package var ruleStaleIfError: Int64?
    /// A rule's `force`: stores in spite of no-store, no-cache, private, Set-Cookie and Authorization.
    package var force: Bool
    /// `Cookie` is taken from the request before the origin, `Set-Cookie` from the response before store and client.
    package var stripCookies: Bool
    /// A rule's `cache: false` makes it false: nothing is stored.
    package var cacheable: Bool

    package init(
        defaultTTL: Int64 = 0, staleWhileRevalidate: Int64 = 0, staleIfError: Int64 = 3600, ruleTTL: Int64? = nil,
        ruleTTLNamesStatus: Bool = false, ruleStaleWhileRevalidate: Int64? = nil, ruleStaleIfError: Int64? = nil,
        force: Bool = false, stripCookies: Bool = false, cacheable: Bool = true
    ) {
        self.defaultTTL = defaultTTL
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
        self.ruleTTL = ruleTTL
        self.ruleTTLNamesStatus = ruleTTLNamesStatus
        self.ruleStaleWhileRevalidate = ruleStaleWhileRevalidate
        self.ruleStaleIfError = ruleStaleIfError
        self.force = force
        self.stripCookies = stripCookies
        self.cacheable = cacheable
    }
}
