package import HTTPMessage

/// Whether a request may be answered from the store, from what it asks alone.
package enum RequestCacheability: Sendable, Equatable {
    case lookup
    /// Any method but GET and HEAD goes to the origin.
    case bypassMethod
    /// A GET for a part of the body.
    case bypassRange
    /// If-Match or If-Unmodified-Since: a cache does not evaluate them (RFC 9111 §4.3.2) and only the origin knows.
    case bypassPrecondition

    /// The log word, and what `Strata-Reason` says.
    package var word: StaticString {
        switch self {
        case .lookup: "lookup"
        case .bypassMethod: "method"
        case .bypassRange: "range"
        case .bypassPrecondition: "precondition"
        }
    }

    /// Cookies and Authorization of the request do not matter here: they decide what is stored (RFC 9111 §3.5,
    /// design.md section 9). `Range` means nothing but with GET (RFC 9110 §14.2).
    package static func decide(method: Method, fields: FieldBlock) -> RequestCacheability {
        guard method == .get || method == .head else { return .bypassMethod }
        var decision = RequestCacheability.lookup
        for line in fields.lines {
            switch line.name {
            case .ifMatch, .ifUnmodifiedSince: return .bypassPrecondition
            case .range where method == .get: decision = .bypassRange
            default: continue
            }
        }
        return decision
    }

    /// Whether the request's Range asks for less than the whole. False for `bytes=0-` and for a Range that is ignored:
    /// a fill may fetch the whole for these (design.md section 9).
    package static func asksForPart(_ fields: FieldBlock) -> Bool {
        guard let set = RangeSet.parse(fields) else { return false }
        return set.specs != [.from(0)]
    }
}
