import NIOCore
import TestSupport
import Testing

@testable import CacheModel

@Suite("A body's checksum, taken as it comes")
struct BodyChecksumTests {
    private func record(_ body: Int) -> [UInt8] {
        Array(RecordCodec.encode(.response(Sample.response(body: body)), key: Sample.tierKey).readableBytesView)
    }

    private func taken(_ bytes: [UInt8], piece: Int) -> BodyChecksum {
        var checksum = BodyChecksum()
        bytes.withUnsafeBytes { raw in
            for end in stride(from: min(piece, raw.count), to: raw.count, by: piece) {
                checksum.take(UnsafeRawBufferPointer(rebasing: raw[..<end]))
            }
            checksum.take(raw)
        }
        return checksum
    }

    @Test(
        "it is the checksum of the body, however the record was cut",
        arguments: [0, 1, 10, 5000, 70_000], [1, 7, 11, 12, 13, 100, 4096, 1 << 20])
    func cuts(body: Int, piece: Int) throws {
        let bytes = record(body)
        let head = bytes.count - body
        #expect(
            taken(bytes, piece: piece).value(of: head..<bytes.count)
                == bytes[head...].withUnsafeBytes { RecordCodec.checksum(0, $0) })
        let decoded = try RecordCodec.decode(
            ByteBuffer(bytes: bytes), key: Sample.tierKey, taken: taken(bytes, piece: piece))
        guard case .response(let response) = decoded else { throw NotAResponse() }
        #expect(Told(response) == Told(Sample.response(body: body)))
    }

    @Test("a flipped bit of the body is found by it", arguments: [0, 1, 4999])
    func flipped(at: Int) {
        var bytes = record(5000)
        bytes[bytes.count - 5000 + at] ^= 4
        #expect(throws: RecordError.badChecksum) {
            try RecordCodec.decode(ByteBuffer(bytes: bytes), key: Sample.tierKey, taken: taken(bytes, piece: 999))
        }
    }

    @Test("one that was taken of other bytes is not believed")
    func others() {
        var bytes = record(5000)
        let sound = taken(bytes, piece: 999)
        #expect(sound.value(of: 1..<bytes.count) == nil)
        #expect(sound.value(of: bytes.count - 5000..<bytes.count - 1) == nil)
        bytes.removeLast()
        #expect(throws: RecordError.truncated) {
            try RecordCodec.decode(ByteBuffer(bytes: bytes), key: Sample.tierKey, taken: sound)
        }
    }

    @Test("a head length that is none traps nowhere", arguments: [0, 11, 12, 135, 1 << 16, 1 << 31, .max] as [UInt32])
    func absurd(length: UInt32) {
        var bytes = record(500)
        withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(8..<12, with: $0) }
        #expect(throws: RecordError.self) {
            try RecordCodec.decode(ByteBuffer(bytes: bytes), key: Sample.tierKey, taken: taken(bytes, piece: 10))
        }
    }
}

private struct NotAResponse: Error {}
