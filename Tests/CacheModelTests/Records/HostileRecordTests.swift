import TestSupport
import NIOCore
import Testing

@testable import CacheModel

/// Whoever can write to Redis can also compute checksums: here every one is right, and what it covers is not
/// (attacks.md 25).
@Suite("Hostile records")
struct HostileRecordTests {
    private let raw = Array(RecordCodec.encode(.response(Sample.response()), key: Sample.tierKey).readableBytesView)

    private func sealed(_ bytes: [UInt8], headLength: Int? = nil) -> ByteBuffer {
        var bytes = bytes
        let length = min(headLength ?? Int(word(bytes, 8)), bytes.count)
        if length >= RecordHead.fixedLength {
            let crc = bytes[..<length].withUnsafeBytes { RecordCodec.headChecksum($0) }
            put(crc, at: 12, in: &bytes)
        }
        return ByteBuffer(bytes: bytes)
    }

    private func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func put(_ value: some FixedWidthInteger, at: Int, in bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.replaceSubrange(at..<at + $0.count, with: $0) }
    }

    @Test("absurd lengths are refused wherever they stand", arguments: [8, 112, 116, 120, 124, 128, 132])
    func lengths(at: Int) {
        let original = word(raw, at)
        for value: UInt32 in [0, 1, original &+ 1, original &- 1, 1 << 22, 1 << 31, .max, .max - 135] {
            guard value != original else { continue }
            var bytes = raw
            put(value, at: at, in: &bytes)
            // An entity tag of other bytes of the fields, or of none, lies within what is there.
            let isHarmless =
                at == 128 && Int(value) + Sample.etag.count <= Sample.fields.count
                || at == 132 && Sample.etag.lowerBound + Int(value) <= Sample.fields.count
            do {
                _ = try RecordCodec.decode(sealed(bytes), key: Sample.tierKey)
                #expect(isHarmless, "\(value) at \(at)")
            } catch {
                #expect(!isHarmless, "\(value) at \(at): \(error)")
            }
        }
    }

    @Test("body lengths that overflow or lie are refused", arguments: [9, 11, 1 << 40, 1 << 62, 1 << 63, UInt64.max])
    func bodyLengths(length: UInt64) {
        var bytes = raw
        put(length, at: 16, in: &bytes)
        #expect(throws: RecordError.self) { try RecordCodec.decode(sealed(bytes), key: Sample.tierKey) }
    }

    @Test("lengths that trade bytes between the parts are refused")
    func traded() {
        for (from, to) in [(112, 116), (116, 112), (120, 124), (124, 120), (116, 120)] {
            var bytes = raw
            put(word(bytes, from) - 1, at: from, in: &bytes)
            put(word(bytes, to) + 1, at: to, in: &bytes)
            #expect(throws: RecordError.self) { try RecordCodec.decode(sealed(bytes), key: Sample.tierKey) }
        }
    }

    @Test("other magic, version and kind are refused")
    func otherForms() {
        for (at, error) in [(0, RecordError.badMagic), (3, .badMagic), (4, .otherVersion), (5, .badLengths)] {
            var bytes = raw
            bytes[at] = 9
            #expect(throws: error) { try RecordCodec.decode(sealed(bytes), key: Sample.tierKey) }
        }
    }

    @Test("tags that are no list are refused")
    func tags() {
        for tags: [UInt8] in [[5], [0x80], [0xff, 0xff, 0xff, 0xff, 0x7f], [1]] {
            let response = Sample.response(tags: tags)
            let encoded = RecordCodec.encode(.response(response), key: Sample.tierKey)
            #expect(throws: RecordError.badLengths) { try RecordCodec.decode(encoded, key: Sample.tierKey) }
        }
    }

    @Test(
        "a status that no final response has is refused", arguments: [0, 1, 99, 100, 199, 600, 999, 65535] as [UInt16])
    func status(status: UInt16) {
        var bytes = raw
        put(status, at: 28, in: &bytes)
        #expect(throws: RecordError.self) { try RecordCodec.decode(sealed(bytes), key: Sample.tierKey) }
    }

    @Test(
        "field lines that would break a head are refused",
        arguments: [
            "A: b", "A: b\r\n\r\nHTTP/1.1 200 OK\r\n", "A: b\rc\r\n", "A: b\nC: d\r\n", "A: \0\r\n", "A b: c\r\n",
            ": c\r\n",
            "A:c\r\n", "A\r\n", "\r\n", "A: b\r\n c\r\n", "A: b\r\n\r", "A:", "A: ", "A: \r", "A: b\0c\r\n",
            "A: b\r\r\n", "A: b\r\nB", "A: b\r\nB: c\n", "A\u{e9}: b\r\n", "A: \r\n: \r\n",
        ])
    func fields(lines: String) {
        let response = Sample.response(fields: bytes(lines), etag: nil)
        let encoded = RecordCodec.encode(.response(response), key: Sample.tierKey)
        #expect(throws: RecordError.self) { try RecordCodec.decode(encoded, key: Sample.tierKey) }
    }

    @Test(
        "field lines as a head has them are taken",
        arguments: [
            "", "A: \r\n", "A: \tb\r\n", "A: b: c\r\n", "A:  \r\n", "x-!#$%&'*+.^_`|~9: \u{1}\u{7f}\u{e9}\r\nB: c\r\n",
        ])
    func goodFields(lines: String) throws {
        let response = Sample.response(fields: bytes(lines), etag: nil)
        let encoded = RecordCodec.encode(.response(response), key: Sample.tierKey)
        guard case .response(let decoded) = try RecordCodec.decode(encoded, key: Sample.tierKey) else {
            Issue.record("no response")
            return
        }
        #expect(Array(decoded.fields) == bytes(lines))
    }

    @Test("random damage under a right checksum never traps")
    func random() {
        var random = SplitMix(state: 2025)
        for _ in 0..<20_000 {
            var bytes = raw
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at =
                    Bool.random(using: &random)
                    ? Int.random(in: 108..<136, using: &random) : Int.random(in: 4..<bytes.count, using: &random)
                bytes[at] =
                    [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            }
            guard bytes.count > 12 else { continue }
            if case .response(let response) = try? RecordCodec.decode(sealed(bytes), key: Sample.tierKey) {
                // Whatever it says, it is whole: all views lie within it.
                #expect(Array(response.key) == Sample.key.bytes)
                _ = Told(response)
            }
        }
    }
}
