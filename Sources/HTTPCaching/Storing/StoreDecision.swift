package import HTTPMessage

/// Whether a response may be stored (RFC 9111 §3).
package enum StoreDecision: Sendable, Equatable {
    case store(StoreFacts)
    case refuse(StoreRefusal)
}

/// What the store needs to know of a response that may be stored.
package struct StoreFacts: Sendable, Equatable {
    package var freshness: Freshness
    /// Which request fields selected it; no names: none did.
    package var vary: VarySpec
    /// Where the value of `ETag` stands in the bytes of the response's field block; nil: there is none.
    package var etag: Range<Int>?
    /// The value of `Last-Modified` when it is a valid date.
    package var lastModified: Timestamp?
    /// Lower-case names of fields that belong to the first requester alone: they must be in neither the stored
    /// response nor what followers get (`private="…"`, `no-cache="…"`, a Set-Cookie stored by force). RFC 9111
    /// §5.2.2.4, §5.2.2.7.
    package var withheldFields: [[UInt8]]

    package init(
        freshness: Freshness, vary: VarySpec, etag: Range<Int>?, lastModified: Timestamp?, withheldFields: [[UInt8]]
    ) {
        self.freshness = freshness
        self.vary = vary
        self.etag = etag
        self.lastModified = lastModified
        self.withheldFields = withheldFields
    }
}

/// Why a response is not stored. The raw values are log words and `Strata-Reason`.
package enum StoreRefusal: String, Sendable, CaseIterable {
    /// A rule says `cache: false`.
    case rule
    /// Only answers to GET are stored.
    case method
    /// The request says no-store (RFC 9111 §5.2.1.5).
    case requestNoStore = "request_no_store"
    /// The status is not final, belongs to one request's conditions, or is none at all.
    case status
    /// 206: a part of a body (RFC 9111 §3.3).
    case partial
    /// must-understand with a status whose rules Strata does not know (RFC 9111 §5.2.2.3).
    case mustUnderstand = "must_understand"
    case noStore = "no_store"
    case isPrivate = "private"
    /// The request had Authorization and nothing in the response permits sharing (RFC 9111 §3.5).
    case authorization
    /// The response sets a cookie (design.md section 9).
    case setCookie = "set_cookie"
    /// `Vary: *`, or a `Vary` that can't be understood (RFC 9111 §4.1).
    case varyStar = "vary_star"
    /// `Vary` names a field that every forwarded request gets anew, so that no later request could match.
    case varyRewritten = "vary_rewritten"
    /// Never fresh, and nothing to validate it with (RFC 9111 §3, §4.2.2).
    case noFreshness = "no_freshness"
}
