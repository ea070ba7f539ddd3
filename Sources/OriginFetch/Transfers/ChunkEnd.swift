/// Finds the end of a chunked body (RFC 9112 §7.1) in its raw bytes, whatever pieces they come in. It only says where
/// the body ends; libcurl decodes the body and judges its syntax.
struct ChunkEnd {
    private enum State {
        case size
        /// Inside the size line, behind the digits.
        case sizeLine
        case data
        case dataEnd
        case trailerStart
        case trailerLine
        case done
    }

    private var state = State.size
    /// The size being read, then the bytes of the chunk still to come. Stops growing where no real chunk is.
    private var left: UInt64 = 0

    /// True once the empty line behind the trailers was seen.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var i = 0
        while i < bytes.count, state != .done {
            if state == .data {
                let step = min(left, UInt64(bytes.count - i))
                left -= step
                i += Int(step)
                if left == 0 { state = .dataEnd }
                continue
            }
            step(bytes[i])
            i += 1
        }
        return state == .done
    }

    private mutating func step(_ byte: UInt8) {
        let isLineEnd = byte == 0x0a
        switch state {
        case .size:
            if let digit = Self.hexDigit(byte), left < 1 << 56 {
                left = left << 4 | UInt64(digit)
            } else {
                state = isLineEnd ? afterSize() : .sizeLine
            }
        case .sizeLine: if isLineEnd { state = afterSize() }
        case .dataEnd: if isLineEnd { state = .size }
        case .trailerStart:
            if isLineEnd { state = .done } else if byte != 0x0d { state = .trailerLine }
        case .trailerLine: if isLineEnd { state = .trailerStart }
        case .data, .done: break
        }
    }

    private func afterSize() -> State { left == 0 ? .trailerStart : .data }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
