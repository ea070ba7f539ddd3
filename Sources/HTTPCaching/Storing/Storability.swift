package import HTTPMessage

/// May a shared cache store this response, and with what freshness (RFC 9111 §3, §4.2; design.md section 9).
package enum Storability {
    /// `requestFields` are those that went to the origin. `requestTime` is when the request was sent, `responseTime`
    /// when the head had arrived. `confirmed` is the freshness of the stored response that a 304 confirms, whose merged
    /// fields are `responseFields`; nil for any other response. Accepts any field values.
    package static func decide(
        method: Method, requestFields: FieldBlock, status: Int, responseFields: FieldBlock, requestTime: Timestamp,
        responseTime: Timestamp, policy: CachingPolicy, confirming confirmed: Freshness? = nil
    ) -> StoreDecision {
        guard policy.cacheable else { return .refuse(.rule) }
        guard method == .get else { return .refuse(.method) }
        if let refusal = StatusRules.refusal(status) { return .refuse(refusal) }
        var control = CacheControl.deciding(responseFields)
        if let confirmed, confirmed.rules.contains(.consumedControl), !control.isTargeted {
            guard !confirmed.rules.contains(.consumedNames) else { return .refuse(.noFreshness) }
            control = CacheControl(stillInForce: confirmed)
        }
        if let refusal = prohibition(requestFields, status, responseFields, control, policy) { return .refuse(refusal) }

        let vary: VarySpec
        switch storedVary(responseFields, policy) {
        case .success(let spec): vary = spec
        case .failure(let refusal): return .refuse(refusal)
        }
        let lastModified = FieldDate.first(.lastModified, of: responseFields, now: responseTime)
        let etag = responseFields.first(.etag).flatMap { $0.valueLength == 0 ? nil : $0.valueRange }
        let arrival = Arrival(
            requestFields: requestFields, status: status, fields: responseFields, control: control,
            lastModified: lastModified, requestTime: requestTime, responseTime: responseTime, policy: policy)
        guard let freshness = arrival.freshness(hasValidator: etag != nil || lastModified != nil) else {
            return .refuse(.noFreshness)
        }
        return .store(
            StoreFacts(
                freshness: freshness, vary: vary, etag: etag, lastModified: lastModified,
                withheldFields: withheld(responseFields, control, policy)))
    }

    /// What forbids storing whatever the lifetime is.
    private static func prohibition(
        _ requestFields: FieldBlock, _ status: Int, _ responseFields: FieldBlock, _ control: CacheControl,
        _ policy: CachingPolicy
    ) -> StoreRefusal? {
        if requestFields.contains(.cacheControl), CacheControl.parse(requestFields).noStore { return .requestNoStore }
        if control.mustUnderstand, !StatusRules.isUnderstood(status) { return .mustUnderstand }
        guard !policy.force else { return nil }
        // A cache that understands the status and obeys it ignores no-store beside must-understand (§5.2.2.3).
        if control.noStore, !control.mustUnderstand { return .noStore }
        if control.isPrivate { return .isPrivate }
        if requestFields.contains(.authorization), !permitsAuthorized(control) { return .authorization }
        if responseFields.contains(.setCookie), !policy.stripCookies { return .setCookie }
        return nil
    }

    /// RFC 9111 §3.5.
    private static func permitsAuthorized(_ control: CacheControl) -> Bool {
        control.isPublic || control.mustRevalidate || control.sMaxAge != nil
    }

    private static func storedVary(_ fields: FieldBlock, _ policy: CachingPolicy) -> Result<VarySpec, StoreRefusal> {
        switch VarySpec.parse(fields) {
        case .none: return .success(VarySpec(names: []))
        case .star: return .failure(.varyStar)
        case .names(let spec):
            guard !spec.namesRewritten else { return .failure(.varyRewritten) }
            return .success(spec.withoutKeyed(stripCookies: policy.stripCookies))
        }
    }

    private static func withheld(_ fields: FieldBlock, _ control: CacheControl, _ policy: CachingPolicy) -> [[UInt8]] {
        var names = control.privateFields
        for name in control.noCacheFields where !names.contains(name) { names.append(name) }
        let cookie = Array("set-cookie".utf8)
        if policy.force, !policy.stripCookies, fields.contains(.setCookie), !names.contains(cookie) {
            names.append(cookie)
        }
        return names
    }
}

extension StoreRefusal: Error {}
