package import CacheModel
package import NIOCore

/// One reply of the server (RESP2).
package enum Reply: Sendable, Equatable {
    case null
    case status(String)
    case error(String)
    case integer(Int64)
    case bulk(ByteBuffer)
    /// A top-level string of `ReplyLimits.minLarge` bytes or more: if it is a record, that is its body's checksum.
    case large(ByteBuffer, BodyChecksum)
    case array([Reply])
    /// A bulk string above what is taken in; its bytes were thrown away as they came.
    case oversize(Int)
}

/// Why what a server sends is not, or not acceptably, RESP. After any of these the connection is closed: nobody can
/// tell where the next reply begins.
package enum ReplyFault: String, Error, Sendable, Equatable {
    case unknownType = "unknown_type"
    case badNumber = "bad_number"
    case badLineEnd = "bad_line_end"
    case lineTooLong = "line_too_long"
    case bulkTooLong = "bulk_too_long"
    case arrayTooLong = "array_too_long"
    case tooDeep = "too_deep"
    /// hiredis refused what the guard let pass.
    case refusedByReader = "refused_by_reader"
}

/// What an error reply means for the tier, told by its first word (and for scripts on Redis before 7, by the text that
/// the script's error wraps).
package enum ErrorKind: Sendable, Equatable {
    /// Out of memory (`maxmemory`): writes fail, reads go on.
    case full
    /// The server answers but won't do this: READONLY, MISCONF, NOREPLICAS, NOPERM, WRONGTYPE, NOAUTH, ERR …
    case refused
    /// The key holds something that is no string.
    case wrongType
    case unknownScript
    /// The server is not able to serve now: LOADING, BUSY, MASTERDOWN, TRYAGAIN, CLUSTERDOWN.
    case notServing

    package init(_ text: String) {
        switch text.prefix(while: { $0 != " " }) {
        case "OOM": self = .full
        case "NOSCRIPT": self = .unknownScript
        case "WRONGTYPE": self = .wrongType
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN": self = .notServing
        case "ERR" where Self.holds(text, "-OOM "): self = .full
        case "ERR" where Self.holds(text, "-WRONGTYPE "): self = .wrongType
        default: self = .refused
        }
    }

    private static func holds(_ text: String, _ word: StaticString) -> Bool {
        let bytes = Array(text.utf8)
        let count = word.utf8CodeUnitCount
        let wanted = UnsafeBufferPointer(start: word.utf8Start, count: count)
        guard bytes.count >= count else { return false }
        return (0...bytes.count - count).contains { bytes[$0..<$0 + count].elementsEqual(wanted) }
    }
}
