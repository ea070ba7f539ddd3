/// The trailer section and the empty line that ends a chunked body (RFC 9112 §7.1.2), byte by byte. Lines are checked
/// like fields of a head.
struct TrailerSection: Sendable {
    private enum State: Sendable {
        case lineStart, name, value
        /// Behind the CR of a trailer line, and of the empty line.
        case lineFeed, lastLineFeed
    }

    private var state = State.lineStart
    private var bytes = 0
    private var lines = 0

    /// True when this byte ends the section.
    mutating func take(_ byte: UInt8, _ limits: MessageLimits) throws(RequestError) -> Bool {
        bytes += 1
        // The empty line is not the client's choice and is not counted against it.
        guard bytes <= limits.trailers + 2 else { throw .trailersTooLarge }
        switch state {
        case .lineStart:
            if byte == 0x0d {
                state = .lastLineFeed
                return false
            }
            guard ByteSet.token.contains(byte) else { throw .badTrailer }
            lines += 1
            guard lines <= limits.fields else { throw .trailersTooLarge }
            state = .name
        case .name:
            if byte == 0x3a { state = .value } else if !ByteSet.token.contains(byte) { throw .badTrailer }
        case .value:
            if byte == 0x0d {
                state = .lineFeed
            } else if byte < 0x20 && byte != 0x09 || byte == 0x7f {
                throw .badTrailer
            }
        case .lineFeed:
            guard byte == 0x0a else { throw .badTrailer }
            state = .lineStart
        case .lastLineFeed:
            guard byte == 0x0a else { throw .badTrailer }
            return true
        }
        return false
    }
}
