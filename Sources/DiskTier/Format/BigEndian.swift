/// Numbers as the files hold them: big-endian, at fixed offsets.
enum BigEndian {
    static func word32(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    static func word64(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    static func put(_ value: some FixedWidthInteger, into bytes: inout [UInt8], at: Int) {
        withUnsafeBytes(of: value.bigEndian) { bytes.replaceSubrange(at..<at + $0.count, with: $0) }
    }
}
