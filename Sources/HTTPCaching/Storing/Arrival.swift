import HTTPMessage

/// A response that nothing forbids to store: works out how long it is fresh and how long it may be served stale.
struct Arrival {
    var requestFields: FieldBlock
    var status: Int
    var fields: FieldBlock
    var control: CacheControl
    var lastModified: Timestamp?
    var requestTime: Timestamp
    var responseTime: Timestamp
    var policy: CachingPolicy

    /// Nil when storing it would be of no use: it is never fresh, never served stale by the origin's word, and has no
    /// validator; or nobody gives it a lifetime.
    func freshness(hasValidator: Bool) -> Freshness? {
        let age = InitialAge.seconds(of: fields, requestTime: requestTime, responseTime: responseTime)
        let noCache = control.noCache && !policy.force
        guard let lifetime = lifetime(age: age) ?? (noCache ? Lifetime(seconds: 0, isGuessed: false) : nil) else {
            return nil
        }
        var freshness = Freshness(responseTime: responseTime, initialAge: age, lifetime: lifetime.seconds)
        if lifetime.isGuessed { freshness.rules.insert(.guessed) }
        if control.flags.contains(.consumed) {
            let withholds = !control.privateFields.isEmpty || !control.noCacheFields.isEmpty
            freshness.rules.formUnion(withholds ? [.consumedControl, .consumedNames] : .consumedControl)
        }
        if control.immutable { freshness.rules.insert(.immutable) }
        if noCache { freshness.rules.insert(.alwaysValidate) } else { setStaleWindows(&freshness) }

        // The site's own windows are for what was fresh once; the origin's word also counts for what never was.
        let servesStale =
            (control.staleWhileRevalidate ?? 0) > 0 && freshness.staleWhileRevalidate > 0
            || (control.staleIfError ?? 0) > 0 && freshness.staleIfError > 0
        let isUseful = !noCache && (lifetime.seconds > age || servesStale)
        return isUseful || hasValidator ? freshness : nil
    }

    /// The rule's `ttl` before what the response says, before `default_ttl`, before the heuristics. What the site
    /// grants counts from now on, so the age so far is added.
    private func lifetime(age: UInt32) -> Lifetime? {
        if let ttl = policy.ruleTTL, policy.ruleTTLNamesStatus || StatusRules.takesRuleTTL(status) {
            return Lifetime(seconds: ttl > 0 ? granted(ttl, age: age) : 0, isGuessed: false)
        }
        if let explicit = Lifetime.explicit(control, fields, responseTime: responseTime) { return explicit }
        guard !isPersonal else { return nil }
        let isCacheable = StatusRules.isHeuristicallyCacheable(status)
        if policy.defaultTTL > 0 {
            guard isCacheable else { return nil }
            return Lifetime(seconds: granted(policy.defaultTTL, age: age), isGuessed: true)
        }
        // `public` marks any status as cacheable (RFC 9111 §4.2.2).
        guard isCacheable || control.isPublic else { return nil }
        return Lifetime.heuristic(fields, lastModified: lastModified, responseTime: responseTime)
    }

    /// Both parts are at most 2^31, so the sum fits Int64 and is cut to what a lifetime holds.
    private func granted(_ ttl: Int64, age: UInt32) -> UInt32 {
        UInt32(min(Int64(DeltaSeconds.clamp(ttl)) + Int64(age), Int64(UInt32.max)))
    }

    /// Nobody guesses a lifetime for what a cookie or credentials may have shaped (design.md section 9).
    private var isPersonal: Bool {
        requestFields.contains(.authorization) || (requestFields.contains(.cookie) && !policy.stripCookies)
    }

    /// RFC 5861, RFC 9111 §4.2.4, design.md section 9: must-revalidate and proxy-revalidate beat everything; s-maxage
    /// implies proxy-revalidate, which the response's own stale directives beat and the site's never do. What a rule
    /// says stands for the response's own.
    private func setStaleWindows(_ freshness: inout Freshness) {
        guard !control.mustRevalidate, !control.proxyRevalidate else {
            freshness.rules.insert(.mustRevalidate)
            return
        }
        let isShared = control.sMaxAge != nil
        let whileRevalidating = isShared ? 0 : DeltaSeconds.clamp(policy.staleWhileRevalidate)
        let ifError = isShared ? 0 : DeltaSeconds.clamp(policy.staleIfError)
        freshness.staleWhileRevalidate =
            policy.ruleStaleWhileRevalidate.map(DeltaSeconds.clamp) ?? control.staleWhileRevalidate ?? whileRevalidating
        freshness.staleIfError = policy.ruleStaleIfError.map(DeltaSeconds.clamp) ?? control.staleIfError ?? ifError
        guard isShared else { return }
        let nothingStated = freshness.staleWhileRevalidate == 0 && freshness.staleIfError == 0
        freshness.rules.insert(nothingStated ? .mustRevalidate : .noClientStale)
    }
}
