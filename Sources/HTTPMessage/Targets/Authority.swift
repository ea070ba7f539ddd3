/// The host and port of a `Host` field or of an absolute-form target, checked and taken apart (RFC 3986 §3.2,
/// RFC 9110 §7.2). Offsets count within the bytes that were read.
struct Authority {
    enum Host {
        /// A host name or IPv4 address, its trailing dot left out: this many bytes from the start.
        case name(length: Int)
        case ipv6(IPv6Address)
    }

    var host: Host
    /// 1…65535; nil when none is given.
    var port: UInt16?

    /// Nil when the bytes are anything else: empty, with user information, a list, a percent triplet, a port out of
    /// range or without digits, an empty label, a name over 255 bytes, an IPv6 literal with a zone (attacks.md 12).
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return nil }
        let hostEnd: Int
        if first == 0x5b {
            guard let close = bytes.firstIndex(of: 0x5d),
                let address = IPv6Address(UnsafeRawBufferPointer(rebasing: bytes[1..<close]))
            else { return nil }
            host = .ipv6(address)
            hostEnd = close + 1
        } else {
            guard let name = Self.name(bytes) else { return nil }
            host = .name(length: name.length)
            hostEnd = name.end
        }
        if hostEnd == bytes.count { return }
        guard bytes[hostEnd] == 0x3a, let port = Self.port(bytes, hostEnd + 1) else { return nil }
        self.port = port
    }

    /// The name at the start: its length without a trailing dot, and where it ends with it.
    @inline(__always)
    private static func name(_ bytes: UnsafeRawBufferPointer) -> (length: Int, end: Int)? {
        var i = 0
        var labelStart = 0
        while i < bytes.count {
            let byte = bytes[i]
            if byte == 0x2e {
                if i == labelStart { return nil }
                labelStart = i + 1
            } else if !ByteSet.hostLabel.contains(byte) {
                break
            }
            i += 1
        }
        let length = i > 0 && labelStart == i ? i - 1 : i
        guard length > 0, length <= 255 else { return nil }
        return (length, i)
    }

    /// One to five digits to the end, 1…65535.
    private static func port(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt16? {
        guard bytes.count - start >= 1, bytes.count - start <= 5 else { return nil }
        var value: UInt32 = 0
        for i in start..<bytes.count {
            guard Text.isDigit(bytes[i]) else { return nil }
            value = value * 10 + UInt32(bytes[i] - 0x30)
        }
        return value >= 1 && value <= 65535 ? UInt16(value) : nil
    }
}
