/// A request method (RFC 9110 §9). Methods are case-sensitive; one that Strata gives no meaning to is `.other` and
/// passes through, its bytes kept in the head.
package enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, trace, connect
    /// Methods of caches: what they name is to be fetched anew.
    case purge, ban, purgeKeys
    case other

    /// The method that these bytes spell. Never fails; whether they are a token is the parser's business.
    package init(_ bytes: UnsafeRawBufferPointer) {
        let candidate: Method =
            switch (bytes.count, bytes.first) {
            case (3, 0x47): .get
            case (3, 0x42): .ban
            case (3, _): .put
            case (4, 0x48): .head
            case (4, _): .post
            case (5, 0x50): bytes[1] == 0x41 ? .patch : .purge
            case (5, _): .trace
            case (6, _): .delete
            case (7, 0x4f): .options
            case (7, _): .connect
            case (9, _): .purgeKeys
            default: .other
            }
        let text = candidate.text
        guard text.utf8CodeUnitCount == bytes.count else {
            self = .other
            return
        }
        let own = text.utf8Start
        for i in 0..<bytes.count where own[i] != bytes[i] {
            self = .other
            return
        }
        self = candidate
    }

    package init(_ bytes: some Collection<UInt8>) {
        let method = bytes.withContiguousStorageIfAvailable { Method(UnsafeRawBufferPointer($0)) }
        self = method ?? Array(bytes).withUnsafeBytes { Method($0) }
    }

    /// The method as it is written; empty for `.other`.
    package var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .purge: "PURGE"
        case .ban: "BAN"
        case .purgeKeys: "PURGEKEYS"
        case .other: ""
        }
    }

    /// Safe methods (RFC 9110 §9.2.1) change nothing at the origin; all others invalidate (RFC 9111 §4.4).
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect, .purge, .ban, .purgeKeys, .other: false
        }
    }

    /// For this cache, never for the origin.
    package var isPurge: Bool {
        switch self {
        case .purge, .ban, .purgeKeys: true
        default: false
        }
    }
}

extension Method {
    /// Idempotent methods (RFC 9110 §9.2.2) may be sent again when nobody knows whether they arrived.
    package var isIdempotent: Bool { isSafe || self == .put || self == .delete }
}
