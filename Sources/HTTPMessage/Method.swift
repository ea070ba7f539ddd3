/// A request method (RFC 9110 §9). Methods are case-sensitive; one that Strata gives no meaning to is `.other` and
/// passes through, its bytes kept in the head.
package enum Method: UInt8, Sendable {
    case get, head, post, put, patch, delete, options, trace, connect, purge, other

    package init(_ bytes: some Collection<UInt8>) {
        switch String(decoding: bytes, as: UTF8.self) {
        case "HEAD": self = .head
        case "POST": self = .post
        case "PUT": self = .put
        case "PATCH": self = .patch
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        case "TRACE": self = .trace
        case "CONNECT": self = .connect
        case "PURGE": self = .purge
        case "GET": self = .get
        default: self = .other
        }
    }

    /// Safe methods (RFC 9110 §9.2.1) change nothing at the origin; all others invalidate (RFC 9111 §4.4).
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect, .purge, .other: false
        }
    }
}
