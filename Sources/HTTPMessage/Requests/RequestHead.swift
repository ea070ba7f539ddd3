/// How the body of a request is delimited (RFC 9112 §6.3).
package enum RequestFraming: Sendable, Equatable {
    /// No body.
    case none
    /// Content-Length, in bytes.
    case length(Int64)
    case chunked
}

/// What the request's `Expect` asks for (RFC 9110 §10.1.1).
package enum Expectation: UInt8, Sendable {
    case none, continue100
    /// Anything else than `100-continue`: the caller answers 417.
    case unknown
}

/// One request head. The parser fills the same one again and again, so that its storage is reused: copy what outlives
/// the request.
package struct RequestHead: Sendable {
    /// The fields; `bytes` are the whole head as received, from the method to the CRLF of the empty line.
    package var fields: FieldBlock
    package var method: Method
    /// 0 or 1; a higher minor version of HTTP/1 counts as 1 (RFC 9110 §2.5).
    package var minorVersion: UInt8
    /// Whether the connection may take another request after this one (RFC 9112 §9.3).
    package var keepAlive: Bool
    package var expect: Expectation
    package var traits: Traits
    package var framing: RequestFraming

    var methodEnd: UInt32
    var targetStart: UInt32
    var targetEnd: UInt32
    var requestLineEnd: UInt32
    var hostStart: UInt32
    var hostEnd: UInt32

    /// Empty; only a parser fills it.
    package init() {
        fields = FieldBlock()
        method = .other
        minorVersion = 1
        keepAlive = false
        expect = .none
        traits = []
        framing = .none
        (methodEnd, targetStart, targetEnd, requestLineEnd, hostStart, hostEnd) = (0, 0, 0, 0, 0, 0)
    }

    mutating func removeAll() {
        fields.removeAll()
        method = .other
        minorVersion = 1
        keepAlive = false
        expect = .none
        traits = []
        framing = .none
        (methodEnd, targetStart, targetEnd, requestLineEnd, hostStart, hostEnd) = (0, 0, 0, 0, 0, 0)
    }

    // The ranges index `fields.bytes`.
    package var methodRange: Range<Int> { 0..<Int(methodEnd) }
    package var targetRange: Range<Int> { Int(targetStart)..<Int(targetEnd) }
    /// The request line without its CRLF.
    package var requestLineRange: Range<Int> { 0..<Int(requestLineEnd) }
    /// The value of `Host`, checked for syntax; nil when there is none (HTTP/1.0 only).
    package var hostRange: Range<Int>? {
        traits.contains(.host) ? Int(hostStart)..<Int(hostEnd) : nil
    }
}

extension RequestHead {
    /// Which fields are there, noted while parsing so that nobody walks the lines only to find none.
    package struct Traits: OptionSet, Sendable, Equatable {
        package var rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let host = Traits(rawValue: 1 << 0)
        package static let connection = Traits(rawValue: 1 << 1)
        /// If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since or If-Range.
        package static let conditional = Traits(rawValue: 1 << 2)
        package static let range = Traits(rawValue: 1 << 3)
        /// Cache-Control or Pragma.
        package static let cacheControl = Traits(rawValue: 1 << 4)
        package static let authorization = Traits(rawValue: 1 << 5)
        package static let cookie = Traits(rawValue: 1 << 6)
        /// Content-Length (of 0 too) or Transfer-Encoding.
        package static let bodyFraming = Traits(rawValue: 1 << 7)
        package static let expect = Traits(rawValue: 1 << 8)
        package static let upgrade = Traits(rawValue: 1 << 9)
        package static let via = Traits(rawValue: 1 << 10)
        /// Forwarded or one of X-Forwarded-*.
        package static let forwarded = Traits(rawValue: 1 << 11)
        package static let acceptEncoding = Traits(rawValue: 1 << 12)
        package static let strataDebug = Traits(rawValue: 1 << 13)
    }

    package var hasConditional: Bool { traits.contains(.conditional) }
    package var hasRange: Bool { traits.contains(.range) }
    package var hasCacheControl: Bool { traits.contains(.cacheControl) }
    package var hasAuthorization: Bool { traits.contains(.authorization) }
    package var hasCookie: Bool { traits.contains(.cookie) }
}
