/// What the status of a response says about storing it.
package enum StatusRules {
    /// Statuses that may get a lifetime that nobody stated (RFC 9110 §15.1), but for 206.
    package static func isHeuristicallyCacheable(_ status: Int) -> Bool {
        switch status {
        case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501: true
        default: false
        }
    }

    /// Statuses that a rule's `ttl` speaks of: the heuristically cacheable and the temporary redirects. An origin's
    /// passing 500 is not kept for a week because its path has a rule.
    static func takesRuleTTL(_ status: Int) -> Bool {
        isHeuristicallyCacheable(status) || status == 302 || status == 307
    }

    /// Why no response of this status is ever stored; nil: one may be. 304, 412 and 416 answer the conditions of one
    /// request; 1xx is not final; 428, 429, 431 and 511 speak to one client (RFC 6585 §3 to §6).
    static func refusal(_ status: Int) -> StoreRefusal? {
        switch status {
        case 206: .partial
        case 304, 412, 416, 428, 429, 431, 511: .status
        case 200..<600: nil
        default: .status
        }
    }

    /// Final statuses of RFC 9110 §15, whose caching rules are obeyed (for must-understand, RFC 9111 §5.2.2.3).
    static func isUnderstood(_ status: Int) -> Bool {
        switch status {
        case 200...205, 300...303, 305, 307, 308, 400...411, 413...415, 417, 421, 422, 426, 451, 500...505: true
        default: false
        }
    }
}
