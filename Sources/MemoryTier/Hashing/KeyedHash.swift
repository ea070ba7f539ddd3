/// SipHash-1-3 with 64 bits of output (Aumasson & Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012; with
/// one round a word and three at the end, as Rust, Python and Swift's own hasher use it in tables). Who does not know
/// the key can't find cache keys that fall together. A keyed product hash in wyhash's manner would be faster by some
/// nanoseconds, but nobody has shown that its key can't be learned; URLs come from strangers.
struct KeyedHash: Sendable {
    let k0: UInt64
    let k1: UInt64

    /// With a random key.
    init() {
        var random = SystemRandomNumberGenerator()
        self.init(k0: random.next(), k1: random.next())
    }

    init(k0: UInt64, k1: UInt64) {
        self.k0 = k0
        self.k1 = k1
    }

    func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = State(k0, k1)
        let words = bytes.count / 8
        if words > 0, let base = bytes.baseAddress {
            for word in 0..<words {
                // In bounds: word < count / 8.
                state.absorb(UInt64(littleEndian: (base + word * 8).loadUnaligned(as: UInt64.self)))
            }
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        var shift: UInt64 = 0
        for at in words * 8..<bytes.count {
            last |= UInt64(bytes[at]) << shift
            shift += 8
        }
        state.absorb(last)
        return state.finish()
    }

    /// `&+` is the addition modulo 2^64 that the algorithm is made of.
    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        init(_ k0: UInt64, _ k1: UInt64) {
            v0 = k0 ^ 0x736f_6d65_7073_6575
            v1 = k1 ^ 0x646f_7261_6e64_6f6d
            v2 = k0 ^ 0x6c79_6765_6e65_7261
            v3 = k1 ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            v0 ^= word
        }

        @inline(__always)
        mutating func finish() -> UInt64 {
            v2 ^= 0xff
            round()
            round()
            round()
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(__always)
        private mutating func round() {
            v0 = v0 &+ v1
            v2 = v2 &+ v3
            v1 = rotate(v1, 13) ^ v0
            v3 = rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2 = v2 &+ v1
            v0 = v0 &+ v3
            v1 = rotate(v1, 17) ^ v2
            v3 = rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)
        }

        @inline(__always)
        private func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { x &<< by | x &>> (64 &- by) }
    }
}
