/// What a field that is not kept said of a stored response, read back from what it became.
extension CacheControl {
    /// The directives that lead to this freshness again: those of a field of an earlier answer, which a 304 without one
    /// leaves in force (RFC 9111 §3.2).
    init(stillInForce freshness: Freshness) {
        self.init()
        flags = [.present, .targeted, .consumed]
        let rules = freshness.rules
        if rules.contains(.mustRevalidate) { flags.insert(.mustRevalidate) }
        if rules.contains(.alwaysValidate) { flags.insert(.noCache) }
        if rules.contains(.immutable) { flags.insert(.immutable) }
        staleWhileRevalidate = freshness.staleWhileRevalidate
        staleIfError = freshness.staleIfError
        if rules.contains(.guessed) { return }
        maxAge = freshness.lifetime
        if rules.contains(.noClientStale) { sMaxAge = freshness.lifetime }
    }
}
