/// How the body of a response is delimited (RFC 9112 §6.3).
package enum ResponseFraming: Sendable, Equatable {
    /// No body, whatever the fields say: HEAD, 1xx, 204, 304.
    case none
    /// Content-Length, in bytes.
    case length(Int64)
    case chunked
    /// All bytes until the connection (or stream) ends.
    case close
}

/// One response head that held against all rules.
package struct ParsedResponseHead: Sendable {
    /// The fields; `bytes` are the whole head, from the version to the CRLF of the empty line. As received but for the
    /// reason phrase, which is sanitised in place.
    package var fields: FieldBlock
    /// 100…999.
    package var status: Int
    /// 1; 2 and 3 only when they were allowed.
    package var majorVersion: UInt8
    /// 0 or 1 in HTTP/1, 0 above it.
    package var minorVersion: UInt8
    /// The reason phrase in `fields.bytes`: visible ASCII and spaces, `?` for everything else; may be empty.
    package var reason: Range<Int>
    package var framing: ResponseFraming
    /// Whether the connection may take another request after the body (RFC 9112 §9.3).
    package var keepAlive: Bool
    /// The value of Content-Length, which a response without body (HEAD, 304) may have too.
    package var contentLength: Int64?

    /// 1xx: the final response is still to come.
    package var isInterim: Bool { status < 200 }
}
