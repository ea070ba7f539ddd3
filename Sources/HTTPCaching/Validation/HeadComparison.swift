package import HTTPMessage

/// What the answer to a HEAD says of a stored response to GET (RFC 9111 §4.3.5).
package enum HeadComparison {
    /// Whether it speaks of another representation than the stored one: a validator or a length that it names is not the
    /// stored one's. What it leaves out says nothing.
    ///
    /// `etag` is the stored value (empty: none), `lastModified` the stored date, `length` that of the stored body.
    package static func contradicts(
        _ fields: FieldBlock, etag: UnsafeRawBufferPointer, lastModified: Timestamp?, length: Int, now: Timestamp
    ) -> Bool {
        if let line = fields.first(.etag), line.valueLength > 0 {
            let isSame = fields.bytes.withUnsafeBytes { EntityTag.weaklyEqual($0.part(line.valueRange), etag) }
            if !isSame { return true }
        }
        if let named = FieldDate.first(.lastModified, of: fields, now: now), named.seconds != lastModified?.seconds {
            return true
        }
        guard let line = fields.first(.contentLength) else { return false }
        return Int(String(decoding: fields.value(line), as: UTF8.self)) != length
    }
}
