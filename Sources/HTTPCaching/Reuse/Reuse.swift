package import HTTPMessage

/// How a stored response may be used for a request. `ttl` is in seconds, 0 or less when stale.
package enum ReuseDecision: Sendable, Equatable {
    case fresh(ttl: Int64)
    /// Stale. With both flags false it is validated first and never served otherwise.
    /// `mayServeWhileRevalidating`: send it now and validate behind it. `mayServeOnError`: send it if the origin
    /// gives no answer, or one that counts as failure (`RevalidationOutcome.failed`).
    case stale(ttl: Int64, mayServeWhileRevalidating: Bool, mayServeOnError: Bool)
    /// Fresh or not, the response or the request wants it validated before this use.
    case validate(mayServeOnError: Bool)
    /// The request says only-if-cached and this would need the origin: 504 (RFC 9111 §5.2.1.7).
    case unsatisfiable
}

/// May a stored response be used without the origin (RFC 9111 §4, §4.2.4, §5.2.1; RFC 5861; RFC 8246)?
package enum Reuse {
    /// `request` are the directives of the request, `pragmaNoCache` whether it says `Pragma: no-cache`. A request
    /// with neither, and a response that is fresh and not `.alwaysValidate`: `.fresh` follows from
    /// `Freshness.timeToLive` alone, so the caller need not ask.
    package static func decide(
        _ freshness: Freshness, request: CacheControl, pragmaNoCache: Bool, now: Timestamp
    ) -> ReuseDecision {
        let ttl = freshness.timeToLive(at: now)
        let onError = mayServeOnError(freshness, request: request, ttl: ttl)
        if freshness.rules.contains(.alwaysValidate) || wantsValidation(freshness, request, pragmaNoCache, ttl, now) {
            return request.onlyIfCached ? .unsatisfiable : .validate(mayServeOnError: onError)
        }
        if ttl > 0 { return .fresh(ttl: ttl) }
        let servesNow = mayServeNow(freshness, request: request, ttl: ttl)
        if request.onlyIfCached, !servesNow { return .unsatisfiable }
        return .stale(ttl: ttl, mayServeWhileRevalidating: servesNow, mayServeOnError: onError)
    }

    /// Whether the request says `Pragma: no-cache`, which counts only without Cache-Control (RFC 9111 §5.4).
    package static func pragmaNoCache(_ fields: FieldBlock) -> Bool {
        fields.bytes.withUnsafeBytes { bytes in
            for line in fields.lines where line.name == .pragma {
                var members = ListCursor(bytes.part(line.valueRange), quotedArguments: true)
                while let member = members.next() {
                    if member.spells("no-cache") { return true }
                }
            }
            return false
        }
    }

    /// Whether the request does not want the response as it is, stale or not.
    private static func wantsValidation(
        _ freshness: Freshness, _ request: CacheControl, _ pragmaNoCache: Bool, _ ttl: Int64, _ now: Timestamp
    ) -> Bool {
        guard request.isPresent else { return pragmaNoCache }
        if request.noCache { return true }
        // A reload sends max-age=0; what never changes needs none (RFC 8246 §2).
        let isImmutable = freshness.rules.contains(.immutable) && ttl > 0
        if let maxAge = request.maxAge, !isImmutable {
            let age = freshness.age(at: now)
            if age > Int64(maxAge) { return true }
            // Without max-stale, max-age also refuses what is stale (RFC 9111 §5.2.1.1).
            if ttl <= 0, request.maxStale == nil { return true }
        }
        if let minFresh = request.minFresh, ttl < Int64(minFresh) { return true }
        return false
    }

    private static func mayServeNow(_ freshness: Freshness, request: CacheControl, ttl: Int64) -> Bool {
        guard !freshness.rules.contains(.mustRevalidate) else { return false }
        if freshness.staleWhileRevalidate > 0, ttl + Int64(freshness.staleWhileRevalidate) > 0 { return true }
        guard let maxStale = request.maxStale, !freshness.rules.contains(.noClientStale) else { return false }
        return maxStale == CacheControl.anyStaleness || -ttl <= Int64(maxStale)
    }

    /// Whether a response with `ttl` seconds to live may be sent because the origin failed (RFC 5861 §4); the request may
    /// ask for a longer time, as with max-stale.
    package static func mayServeOnError(_ freshness: Freshness, request: CacheControl, ttl: Int64) -> Bool {
        guard freshness.rules.isDisjoint(with: [.mustRevalidate, .alwaysValidate]) else { return false }
        var window = freshness.staleIfError
        if let wanted = request.staleIfError, !freshness.rules.contains(.noClientStale) { window = max(window, wanted) }
        return window > 0 && ttl + Int64(window) > 0
    }
}
