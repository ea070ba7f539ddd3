/// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ) CR` (RFC 9112 §7.1.1), byte by byte.
struct ChunkExtension: Sendable {
    private enum State: Sendable {
        /// Before a `;` (whitespace may stand there) …
        case semicolon
        /// … before a name, in it, and behind it.
        case nameStart, name, nameEnd
        /// Behind a `=`, in a token value, in a quoted string, behind its backslash, behind the value.
        case valueStart, value, quoted, escaped, valueEnd
    }

    private var state = State.semicolon
    /// Whether whitespace was the last that was seen before a `;`: then the line may not end.
    private var whitespace = false

    /// True when this byte is the CR that ends the line.
    mutating func take(_ byte: UInt8) throws(RequestError) -> Bool {
        let isWhitespace = Text.isWhitespace(byte)
        switch state {
        case .semicolon, .nameEnd, .valueEnd:
            if byte == 0x3b {
                state = .nameStart
            } else if byte == 0x3d, state == .nameEnd {
                state = .valueStart
            } else if isWhitespace {
                whitespace = true
                return false
            } else if byte == 0x0d, !whitespace {
                return true
            } else {
                throw .badChunkExtension
            }
            whitespace = false
        case .nameStart:
            if isWhitespace { return false }
            guard ByteSet.token.contains(byte) else { throw .badChunkExtension }
            state = .name
        case .name:
            if ByteSet.token.contains(byte) { return false }
            state = .nameEnd
            return try take(byte)
        case .valueStart:
            if isWhitespace { return false }
            if byte == 0x22 {
                state = .quoted
            } else if ByteSet.token.contains(byte) {
                state = .value
            } else {
                throw .badChunkExtension
            }
        case .value:
            if ByteSet.token.contains(byte) { return false }
            state = .valueEnd
            return try take(byte)
        case .quoted, .escaped:
            guard byte >= 0x20 && byte != 0x7f || byte == 0x09 else { throw .badChunkExtension }
            if state == .escaped {
                state = .quoted
            } else if byte == 0x22 {
                state = .valueEnd
            } else if byte == 0x5c {
                state = .escaped
            }
        }
        return false
    }
}
