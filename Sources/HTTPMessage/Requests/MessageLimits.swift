/// How much of a message is read before it is refused. All sizes are bytes.
package struct MessageLimits: Sendable, Equatable {
    /// The request line without its CRLF; beyond it 414. Never more than the head leaves room for.
    package let requestLine: Int
    /// A whole head, from the first byte of its first line to the CRLF of its empty line; beyond it 431.
    package let head: Int
    /// Field lines in a head, and in a trailer section; beyond it 431.
    package let fields: Int
    /// A request body; beyond it 413. Nil: no limit.
    package let body: Int64?
    /// The extensions of one chunk (RFC 9112 §7.1.1).
    package let chunkExtension: Int
    /// The extensions of all chunks of one body.
    package let chunkExtensions: Int
    /// The trailer section (RFC 9112 §7.1.2), its CRLFs included.
    package let trailers: Int

    /// Offsets in a head are kept in 32 bits, so no head (and no trailer section) may be greater than 1 GB.
    package init(
        requestLine: Int = 16 << 10, head: Int = 64 << 10, fields: Int = 100, body: Int64? = nil,
        chunkExtension: Int = 256, chunkExtensions: Int = 16 << 10, trailers: Int = 8 << 10
    ) {
        self.head = min(max(head, 0), 1 << 30)
        self.requestLine = max(min(requestLine, self.head - 4), 0)
        self.fields = max(fields, 0)
        self.body = body
        self.chunkExtension = max(chunkExtension, 0)
        self.chunkExtensions = max(chunkExtensions, 0)
        self.trailers = min(max(trailers, 0), 1 << 30)
    }
}
