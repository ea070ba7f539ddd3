/// SipHash-2-4 with 128 bits of output, fed in pieces (Aumasson & Bernstein, "SipHash: a fast short-input PRF",
/// INDOCRYPT 2012; the 128-bit form is that of the authors' reference code). The Swift standard library's own hasher
/// changes its key with every start, which no record in Redis or on disk may depend on.
struct SipHash128 {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var tail: UInt64 = 0
    private var count = 0

    init(key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        // Eight at a time, while none waits in `tail`.
        while count & 7 == 0, bytes.count - start >= 8 {
            absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
            count += 8
            start += 8
        }
        for byte in bytes[start...] {
            tail |= UInt64(byte) << UInt64((count & 7) * 8)
            count += 1
            if count & 7 == 0 {
                absorb(tail)
                tail = 0
            }
        }
    }

    mutating func finish() -> (UInt64, UInt64) {
        absorb(tail | UInt64(count & 0xff) << 56)
        v2 ^= 0xee
        for _ in 0..<4 { round() }
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return (first, v0 ^ v1 ^ v2 ^ v3)
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { x << by | x >> (64 - by) }
        v0 = v0 &+ v1
        v1 = rotate(v1, 13) ^ v0
        v0 = rotate(v0, 32)
        v2 = v2 &+ v3
        v3 = rotate(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotate(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotate(v1, 17) ^ v2
        v2 = rotate(v2, 32)
    }
}
