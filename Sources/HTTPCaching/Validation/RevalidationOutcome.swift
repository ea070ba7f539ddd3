package import HTTPMessage

/// What the origin's answer to a `ConditionalRequest` means for the stored response (RFC 9111 §4.3.3, §4.3.4).
package enum RevalidationOutcome: Sendable, Equatable {
    /// A 304 for what is stored: its fields freshen it (`StoredFields.merge`), then it is used.
    case freshened
    /// A 304 whose validators name something else: the stored response is of no use, and the request has to be
    /// repeated without conditions.
    case mismatched
    /// A whole response: used, and stored in place of the old one if it may be.
    case replaced
    /// As if the origin had not answered: the stored response may be served if `stale-if-error` allows, else this
    /// answer goes out.
    case failed

    /// `storedETag` and `storedLastModified` are the validators that were sent.
    package static func decide(
        status: Int, fields: FieldBlock, storedETag: UnsafeRawBufferPointer, storedLastModified: Timestamp?,
        now: Timestamp
    ) -> RevalidationOutcome {
        switch status {
        case 304:
            let names = namesStored(fields, etag: storedETag, lastModified: storedLastModified, now: now)
            return names ? .freshened : .mismatched
        default: return isFailure(status) ? .failed : .replaced
        }
    }

    /// The statuses that stale-if-error is for: RFC 5861 §4 names 500, 502, 503 and 504; the others of their class say
    /// as much of the server that used to have the page.
    package static func isFailure(_ status: Int) -> Bool { (500..<600).contains(status) }

    /// Whether the validators of a 304 fit (RFC 9111 §4.3.4): a strong tag has to be the stored one, byte for byte; a
    /// weak one matches weakly. Without any it answers for the validators that were sent: many origins leave them out.
    private static func namesStored(
        _ fields: FieldBlock, etag: UnsafeRawBufferPointer, lastModified: Timestamp?, now: Timestamp
    ) -> Bool {
        if let line = fields.first(.etag), line.valueLength > 0, !etag.isEmpty {
            return fields.bytes.withUnsafeBytes { EntityTag.freshens($0.part(line.valueRange), etag) }
        }
        guard let lastModified, let named = FieldDate.first(.lastModified, of: fields, now: now) else { return true }
        return named.seconds == lastModified.seconds
    }
}
