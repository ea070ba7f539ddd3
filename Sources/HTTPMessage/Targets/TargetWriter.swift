/// Writes the parts of a canonical target one behind the other. The caller gives it room: no part but an IPv6 address
/// and an empty path is longer written than read.
struct TargetWriter {
    let out: UnsafeMutableRawBufferPointer
    private(set) var at = 0

    init(out: UnsafeMutableRawBufferPointer) { self.out = out }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        out[at] = byte
        at += 1
    }

    // MARK: Host

    mutating func writeHost(_ bytes: UnsafeRawBufferPointer, defaultPort: UInt16) throws(RequestError) {
        guard let authority = Authority(bytes) else { throw .badHost }
        switch authority.host {
        case .name(let length):
            for i in 0..<length { put(FieldBlock.lowercase(bytes[i])) }
        case .ipv6(let address):
            put(0x5b)
            address.write(to: out, at: &at)
            put(0x5d)
        }
        guard let port = authority.port, port != defaultPort else { return }
        put(0x3a)
        var divisor: UInt16 = 10000
        while divisor > port { divisor /= 10 }
        while divisor > 0 {
            put(0x30 + UInt8(port / divisor % 10))
            divisor /= 10
        }
    }

    // MARK: Path

    /// Writes the path that starts at `from` and returns where it ends: at a `?` or at the end. An empty path is `/`.
    mutating func writePath(_ bytes: UnsafeRawBufferPointer, from: Int) throws(RequestError) -> Int {
        var i = from
        if i < bytes.count, bytes[i] == 0x2f {
            i += 1
        } else if i < bytes.count, bytes[i] != 0x3f {
            throw Self.fault(bytes[i])
        }
        put(0x2f)
        var segmentStart = at
        while i < bytes.count {
            let byte = bytes[i]
            if ByteSet.plainInPath.contains(byte) {
                put(byte)
                i += 1
                continue
            }
            switch byte {
            case 0x2f:
                try refuseDotSegment(segmentStart)
                put(byte)
                segmentStart = at
                i += 1
            case 0x3b:
                try refuseDotSegment(segmentStart)
                put(byte)
                i += 1
            case 0x25:
                let value = try Self.triplet(bytes, i)
                if value == 0x2f { try refuseDotSegment(segmentStart) }
                try Self.refuse(value, bytes, i)
                writeTriplet(value)
                if value == 0x2f { segmentStart = at }
                i += 3
            case 0x3f:
                try refuseDotSegment(segmentStart)
                return i
            default: throw Self.fault(byte)
            }
        }
        try refuseDotSegment(segmentStart)
        return i
    }

    /// `.` and `..` as they stand in the output, so after decoding.
    @inline(__always)
    private func refuseDotSegment(_ start: Int) throws(RequestError) {
        let length = at - start
        if length == 1 || length == 2, out[start] == 0x2e, out[at - 1] == 0x2e { throw .dotSegment }
    }

    /// Percent-encoded bytes that no path may hold. Overlong UTF-8 (RFC 3629 §3) hides `.`, `/` and `\` from some
    /// decoders: C0 and C1 begin nothing else; E0, F0, F8 and FC do when too small a byte follows.
    private static func refuse(
        _ value: UInt8, _ bytes: UnsafeRawBufferPointer, _ at: Int
    ) throws(RequestError) {
        let smallest: UInt8
        switch value {
        case 0: throw .nullInPath
        case 0x5c: throw .backslashInPath
        case 0xc0, 0xc1: throw .overlongEncoding
        case 0xe0: smallest = 0xa0
        case 0xf0: smallest = 0x90
        case 0xf8: smallest = 0x88
        case 0xfc: smallest = 0x84
        default: return
        }
        guard at + 5 < bytes.count, bytes[at + 3] == 0x25 else { return }
        let next = try triplet(bytes, at + 3)
        if next >= 0x80, next < smallest { throw .overlongEncoding }
    }

    private static func fault(_ byte: UInt8) -> RequestError {
        switch byte {
        case 0x23: .fragmentInTarget
        case 0x5c: .backslashInPath
        case 0: .nullInPath
        case 0x21...0x7e: .badTarget
        default: .badTargetByte
        }
    }

    // MARK: Query

    /// Writes the `?` at `from` and all that follows.
    mutating func writeQuery(_ bytes: UnsafeRawBufferPointer, from: Int) throws(RequestError) {
        put(0x3f)
        var i = from + 1
        while i < bytes.count {
            let byte = bytes[i]
            if ByteSet.plainInQuery.contains(byte) {
                put(byte)
                i += 1
            } else if byte == 0x25 {
                writeTriplet(try Self.triplet(bytes, i))
                i += 3
            } else {
                throw Self.fault(byte)
            }
        }
    }

    // MARK: Triplets

    /// The byte that the triplet at `at` stands for (RFC 3986 §2.1).
    private static func triplet(_ bytes: UnsafeRawBufferPointer, _ at: Int) throws(RequestError) -> UInt8 {
        guard at + 2 < bytes.count, let high = Text.hexValue(bytes[at + 1]), let low = Text.hexValue(bytes[at + 2])
        else { throw .badPercentEncoding }
        return high << 4 | low
    }

    /// RFC 3986 §6.2.2: unreserved characters as themselves, all others with upper-case digits.
    private mutating func writeTriplet(_ value: UInt8) {
        if ByteSet.unreserved.contains(value) {
            put(value)
        } else {
            put(0x25)
            put(Text.hexDigit(value >> 4))
            put(Text.hexDigit(value & 15))
        }
    }
}
