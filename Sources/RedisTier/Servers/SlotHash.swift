package import NIOCore

/// Which of a cluster's 16384 slots a key is in (Redis Cluster specification, "Key distribution model"): CRC16 (the
/// XMODEM one) of what stands between the first `{` and the next `}`, or of the whole key. Pure.
package enum SlotHash {
    package static let count = 16384

    package static func slot(of key: ByteBuffer) -> Int { slot(of: key.readableBytesView) }

    package static func slot(of key: some Collection<UInt8>) -> Int {
        guard let open = key.firstIndex(of: 0x7b) else { return crc(key) }
        let start = key.index(after: open)
        guard let close = key[start...].firstIndex(of: 0x7d), close > start else { return crc(key) }
        return crc(key[start..<close])
    }

    private static func crc(_ bytes: some Sequence<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in bytes { crc = crc << 8 ^ table[Int(UInt8(crc >> 8) ^ byte)] }
        return Int(crc) & (count - 1)
    }

    private static let table: [UInt16] = (0..<256).map { index in
        var value = UInt16(index) << 8
        for _ in 0..<8 { value = value & 0x8000 != 0 ? value << 1 ^ 0x1021 : value << 1 }
        return value
    }
}
