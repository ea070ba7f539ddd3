internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

extension Engine {
    /// Whether a stored response that is stale, by the clock or by a soft purge, may be sent at once while it is
    /// revalidated (RFC 5861 §3).
    /// - Parameter fields: the request's, whose directives may forbid it or ask for more (`max-stale`).
    func mayServeWhileRevalidating(
        _ response: StoredResponse, to fields: FieldBlock = FieldBlock(), site: Int
    ) -> Bool {
        let verdict = judge(response)
        guard verdict == .valid || verdict == .stale else { return false }
        let freshness = response.meta.freshness
        let (directives, pragmaNoCache) = wishes(fields, site: site)
        let decision = Reuse.decide(freshness, request: directives, pragmaNoCache: pragmaNoCache, now: clock())
        switch decision {
        case .stale(_, mayServeWhileRevalidating: let mayServe, _):
            return mayServe
        case .fresh where verdict == .stale:
            // Softly purged within its freshness: the window counts from the normal expiry (invalidation.md rule 9).
            return freshness.staleWhileRevalidate > 0 && !freshness.rules.contains(.mustRevalidate)
        case .fresh, .validate, .unsatisfiable:
            return false
        }
    }

    /// Whether a stored response may be sent because the origin failed (RFC 5861 §4): within its window or the request's,
    /// never what may have been purged. The window counts from the normal expiry (invalidation.md rule 9).
    func mayServeOnError(_ response: StoredResponse, to fields: FieldBlock, site: Int) -> Bool {
        let verdict = judge(response)
        guard verdict == .valid || verdict == .stale else { return false }
        let freshness = response.meta.freshness
        return Reuse.mayServeOnError(
            freshness, request: wishes(fields, site: site).directives, ttl: freshness.timeToLive(at: clock()))
    }

    /// Whether a stored response may be sent without asking the origin.
    func isFresh(_ response: StoredResponse, for fields: FieldBlock, site: Int) -> Bool {
        let (directives, pragmaNoCache) = wishes(fields, site: site)
        let decision = Reuse.decide(
            response.meta.freshness, request: directives, pragmaNoCache: pragmaNoCache, now: clock())
        guard case .fresh = decision else { return false }
        return judge(response) == .valid
    }

    /// Why the origin is asked about a stored response that it may confirm (RFC 9211 §2.2).
    func whyValidated(_ response: StoredResponse) -> CacheStatus.Forward {
        let decision = Reuse.decide(
            response.meta.freshness, request: CacheControl(), pragmaNoCache: false, now: clock())
        guard case .fresh = decision, judge(response) == .valid else { return .stale }
        return .request
    }

    /// What a request asks of caches, as far as the site lets clients ask (`cache.client_revalidation`).
    func wishes(_ fields: FieldBlock, site: Int) -> (directives: CacheControl, pragmaNoCache: Bool) {
        let directives = CacheControl.parse(fields)
        guard policy.sites[site].honoursRevalidation else { return (directives.withoutRevalidation, false) }
        return (directives, Reuse.pragmaNoCache(fields))
    }
}
