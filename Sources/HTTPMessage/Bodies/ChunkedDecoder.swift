/// The chunked coding (RFC 9112 §7.1) of requests and responses, read as strictly as it is written there: CRLF only, hex
/// digits only, extensions and trailers by their grammar and within limits (attacks.md 3). Trailers are checked and dropped.
package struct ChunkedDecoder: Sendable {
    private enum State: Sendable {
        /// At the first digit of a chunk size.
        case sizeStart
        case size
        /// In the extensions of a chunk.
        case extensions(ChunkExtension)
        /// Behind the CR of a size line.
        case sizeLineFeed
        case data
        /// Behind a chunk's data.
        case dataReturn, dataLineFeed
        case trailers(TrailerSection)
    }

    private let limits: MessageLimits
    private var state = State.sizeStart
    private var digits = 0
    /// The chunk's bytes still to come.
    private var remaining: Int64 = 0
    private var bodyLength: Int64 = 0
    private var extensionBytes = 0
    private var allExtensionBytes = 0

    package init(limits: MessageLimits) { self.limits = limits }

    /// The next step, as `RequestBodyDecoder.decode` has it. Not to be called again after `.end` or an error.
    package mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> RequestBodyDecoder.Step {
        var i = 0
        while i < bytes.count {
            if case .data = state {
                let count = Int(min(remaining, Int64(bytes.count - i)))
                remaining -= Int64(count)
                if remaining == 0 { state = .dataReturn }
                return .data(i..<i + count)
            }
            let byte = bytes[i]
            i += 1
            if try take(byte) { return .end(consumed: i) }
        }
        return .needMore(consumed: i)
    }

    /// One byte of framing; true when it was the body's last.
    @inline(__always)
    private mutating func take(_ byte: UInt8) throws(RequestError) -> Bool {
        switch state {
        case .sizeStart:
            (digits, remaining, extensionBytes) = (0, 0, 0)
            try takeDigit(byte)
            state = .size
        case .size: try takeSize(byte)
        case .extensions(var grammar):
            if try grammar.take(byte) {
                state = .sizeLineFeed
            } else {
                try countExtension()
                state = .extensions(grammar)
            }
        case .sizeLineFeed:
            guard byte == 0x0a else { throw extensionBytes > 0 ? .badChunkExtension : .badChunkSize }
            try startChunk()
        case .data: break
        case .dataReturn:
            guard byte == 0x0d else { throw .badChunkEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0a else { throw .badChunkEnd }
            state = .sizeStart
        case .trailers(var section):
            if try section.take(byte, limits) { return true }
            state = .trailers(section)
        }
        return false
    }

    private mutating func takeSize(_ byte: UInt8) throws(RequestError) {
        switch byte {
        case 0x0d: state = .sizeLineFeed
        case 0x3b, 0x20, 0x09:
            try countExtension()
            var grammar = ChunkExtension()
            _ = try grammar.take(byte)
            state = .extensions(grammar)
        default: try takeDigit(byte)
        }
    }

    /// At most 16 digits, and no size above the greatest `Int64`.
    private mutating func takeDigit(_ byte: UInt8) throws(RequestError) {
        guard let value = Text.hexValue(byte), digits < 16, remaining <= Int64.max >> 4 else { throw .badChunkSize }
        digits += 1
        remaining = remaining << 4 | Int64(value)
    }

    private mutating func countExtension() throws(RequestError) {
        extensionBytes += 1
        allExtensionBytes += 1
        guard extensionBytes <= limits.chunkExtension, allExtensionBytes <= limits.chunkExtensions else {
            throw .chunkExtensionsTooLong
        }
    }

    private mutating func startChunk() throws(RequestError) {
        guard remaining > 0 else {
            state = .trailers(TrailerSection())
            return
        }
        let (length, overflow) = bodyLength.addingReportingOverflow(remaining)
        guard !overflow, length <= limits.body ?? .max else { throw .bodyTooLarge }
        bodyLength = length
        state = .data
    }
}
