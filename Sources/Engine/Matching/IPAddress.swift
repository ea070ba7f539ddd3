/// An IP address as a number. An IPv4 address written or packed as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(UInt128)

    /// Reads `192.0.2.1` and RFC 4291 §2.2 texts, without brackets, zone or leading zeros in IPv4 parts. Nil: neither.
    package init?(_ text: String) {
        self.init(bytes: Array(text.utf8)[...])
    }

    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count <= 45 else { return nil }
        if bytes.contains(UInt8(ascii: ":")) {
            guard let value = Self.readV6(bytes) else { return nil }
            self = Self.unmapped(value)
        } else {
            guard let value = Self.readV4(bytes) else { return nil }
            self = .v4(value)
        }
    }

    /// Reads 4 or 16 bytes in network order, as they stand in a socket address. Nil: another length.
    package init?(packed bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 4:
            self = .v4(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
        case 16:
            let high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
            let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            self = Self.unmapped(UInt128(high) << 64 | UInt128(low))
        default:
            return nil
        }
    }

    /// 4 or 16 bytes in network order.
    package var packed: [UInt8] {
        switch self {
        case .v4(let value): withUnsafeBytes(of: value.bigEndian) { Array($0) }
        case .v6(let value): withUnsafeBytes(of: value.bigEndian) { Array($0) }
        }
    }

    /// 127.0.0.0/8 and ::1.
    package var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let value): value == 1
        }
    }

    private static func unmapped(_ value: UInt128) -> IPAddress {
        value >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: value)) : .v6(value)
    }

    private static func readV4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for byte in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard number < 256 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func readV6(_ bytes: ArraySlice<UInt8>) -> UInt128? {
        var head: [UInt16] = []
        var tail: [UInt16]?
        var rest = bytes
        if rest.starts(with: "::".utf8) {
            tail = []
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            let part = rest[..<end]
            var groups: [UInt16]
            if end == rest.endIndex, part.contains(UInt8(ascii: ".")) {
                guard let v4 = readV4(part) else { return nil }
                groups = [UInt16(v4 >> 16), UInt16(v4 & 0xffff)]
            } else {
                guard (1...4).contains(part.count), let group = UInt16(hex: part) else { return nil }
                groups = [group]
            }
            if tail == nil { head += groups } else { tail? += groups }
            guard end != rest.endIndex else { break }
            rest = rest[(end + 1)...]
            if rest.first == UInt8(ascii: ":") {
                guard tail == nil else { return nil }
                tail = []
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        let given = head.count + (tail?.count ?? 0)
        guard tail == nil ? given == 8 : given < 8 else { return nil }
        let groups = head + Array(repeating: 0, count: 8 - given) + (tail ?? [])
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

extension UInt16 {
    /// Up to four hexadecimal digits.
    fileprivate init?(hex digits: ArraySlice<UInt8>) {
        var value: UInt16 = 0
        for byte in digits {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt16(digit)
        }
        self = value
    }
}

extension IPAddress: CustomStringConvertible {
    /// As RFC 5952 writes it.
    package var description: String {
        switch self {
        case .v4(let value):
            return [24, 16, 8, 0].map { String(value >> $0 & 0xff) }.joined(separator: ".")
        case .v6(let value):
            let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) }
            var best = 0..<0
            var start = 0
            while start < 8 {
                let end = groups[start...].firstIndex { $0 != 0 } ?? 8
                if end - start > max(1, best.count) { best = start..<end }
                start = max(end, start + 1)
            }
            let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
            return best.isEmpty
                ? text(groups[...]) : text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
        }
    }
}
