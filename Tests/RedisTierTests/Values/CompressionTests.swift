import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore
import RedisTier
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
    static let codec = ValueCodec(maxObject: 4 << 20, compression: RecordCompression(level: 6, minSize: 1000))
    static let key = RedisTierTests.key("/c")

    static func response(_ body: [UInt8], fields: String = "ETag: \"v1\"\r\nContent-Type: text/html\r\n") -> Record {
        .response(
            StoredResponse(
                meta: ResponseMeta(
                    status: 200,
                    freshness: Freshness(responseTime: Timestamp(milliseconds: 1000), initialAge: 1, lifetime: 60),
                    requestTime: Timestamp(milliseconds: 900), asOf: Position(epoch: 7, n: 1), entryID: 99,
                    instance: 3, localNumber: 4),
                key: key.primary, selection: [], fields: Array(fields.utf8), etag: 6..<10, tags: [],
                body: .chunk(ByteBuffer(bytes: body))))
    }

    static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    @Test(
        "a compressed record comes back with its own body, validator, length and position",
        arguments: [1000, 40_000, 2_000_000])
    func roundTrip(size: Int) throws {
        let record = Self.response(body(size))
        let value = try #require(Self.codec.encode(record, key: Self.key))
        #expect(value.readableBytes < size / 2 + 300)
        let plain = RecordCodec.encode(record, key: Self.key)
        // What the scripts in Redis compare is where it was.
        for range in [0..<5, 32..<56] { #expect(plain.readableBytesView[range] == value.readableBytesView[range]) }
        guard case .response(let found) = try Self.codec.decode(value, key: Self.key) else { return }
        #expect(TierRead.hit(.response(found)).body == body(size))
        #expect(Array(found.etag) == Array("\"v1\"".utf8) && found.bodyLength == size && found.meta.entryID == 99)
        // A reader without compression in its configuration reads it too.
        let other = ValueCodec(maxObject: 4 << 20)
        #expect(TierRead.hit(try other.decode(value, key: Self.key)).body == body(size))
        #expect(throws: RecordError.otherVersion) { try RecordCodec.decode(value, key: Self.key) }
    }

    @Test(
        "what is small, compressed already, or would stay as large goes as it is",
        arguments: [
            (fields: "Content-Type: text/html\r\n", size: 999, isNoise: false, isCompressed: false),
            ("Content-Type: text/html\r\n", 5000, false, true), ("Content-Type: text/html\r\n", 5000, true, false),
            ("X: y\r\n", 5000, false, true), ("Content-Encoding: gzip\r\n", 5000, false, false),
            ("Content-Encoding: identity\r\n", 5000, false, true), ("Content-Encoding: br\r\n", 5000, false, false),
            ("Content-Type: image/png\r\n", 5000, false, false), ("Content-Type: image/svg+xml\r\n", 5000, false, true),
            ("Content-Type: Video/MP4\r\n", 5000, false, false), ("Content-Type: font/woff2\r\n", 5000, false, false),
            ("Content-Type: application/zip; x=y\r\n", 5000, false, false),
            ("Content-Type: application/json; charset=utf-8\r\n", 5000, false, true),
        ])
    func skipped(row: (fields: String, size: Int, isNoise: Bool, isCompressed: Bool)) throws {
        let content = row.isNoise ? Self.noise(row.size) : body(row.size)
        let record = Self.response(content, fields: "ETag: \"v\"\r\n" + row.fields)
        let value = try #require(Self.codec.encode(record, key: Self.key))
        #expect((value != RecordCodec.encode(record, key: Self.key)) == row.isCompressed)
        #expect(TierRead.hit(try Self.codec.decode(value, key: Self.key)).body == content)
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reason: RecordError
        var change: @Sendable ([UInt8], _ headLength: Int) -> [UInt8]
    }

    @Test(
        "a compressed record is as untrusted as any other (attacks.md 26: no bomb is inflated)",
        arguments: [
            Damage(testDescription: "half a stream", reason: .badStream) { bytes, head in
                Array(bytes[..<(head + (bytes.count - head) / 2)])
            },
            Damage(testDescription: "no stream", reason: .badStream) { bytes, head in Array(bytes[..<head]) },
            Damage(testDescription: "bytes behind the stream", reason: .badStream) { bytes, _ in bytes + [0] },
            Damage(testDescription: "a flipped bit in the stream", reason: .badStream) { bytes, head in
                var bytes = bytes
                bytes[head + (bytes.count - head) / 2] ^= 4
                return bytes
            },
            Damage(testDescription: "another checksum of the stream", reason: .badStream) { bytes, _ in
                var bytes = bytes
                bytes[bytes.count - 1] ^= 1
                return bytes
            },
            Damage(testDescription: "a body that is declared longer", reason: .badStream) { bytes, _ in
                resealed(bytes, replacing: 16..<24, with: [0, 0, 0, 0, 0, 0, 0x27, 0x11])
            },
            Damage(testDescription: "a body that is declared shorter", reason: .badStream) { bytes, _ in
                resealed(bytes, replacing: 16..<24, with: [0, 0, 0, 0, 0, 0, 0x27, 0x0f])
            },
            Damage(testDescription: "a declared body above the limit", reason: .badLengths) { bytes, _ in
                resealed(bytes, replacing: 16..<24, with: [0, 0, 0, 0, 1, 0, 0, 0])
            },
            Damage(testDescription: "a declared body that no such stream holds", reason: .badStream) { bytes, _ in
                resealed(bytes, replacing: 16..<24, with: [0, 0, 0, 0, 0, 0x3f, 0, 0])
            },
            Damage(testDescription: "a length of 2^63", reason: .badLengths) { bytes, _ in
                resealed(bytes, replacing: 16..<24, with: [0x80, 0, 0, 0, 0, 0, 0, 0])
            },
            Damage(testDescription: "an unknown flag", reason: .otherVersion) { bytes, _ in
                resealed(bytes, replacing: 6..<8, with: [0x80, 1])
            },
            Damage(testDescription: "the checksum of another body", reason: .badChecksum) { bytes, _ in
                resealed(bytes, replacing: 24..<28, with: [1, 2, 3, 4])
            },
        ])
    func damage(_ damage: Damage) throws {
        let value = try #require(Self.codec.encode(Self.response(body(10_000)), key: Self.key))
        let bytes = Array(value.readableBytesView)
        let headLength = try bytes.withUnsafeBytes { try RecordCodec.head($0, knowing: .deflated).length }
        let bad = ByteBuffer(bytes: damage.change(bytes, headLength))
        #expect(throws: damage.reason) { try Self.codec.decode(bad, key: Self.key) }
    }

    @Test("through Redis, small bodies and such as are worked on by a thread; with the value smaller than the body")
    func throughRedis() async throws {
        var (server, configuration) = try Fixture.shared()
        configuration.compression = RecordCompression(level: 1, minSize: 500)
        configuration.maxObject = 4 << 20
        try await Fixture.connected(configuration) { fixture in
            for size in [100, 600, 20_000, 300_000, 3_000_000] {
                let key = RedisTierTests.key("/\(size)")
                #expect(await fixture.write(RedisTierTests.response(key, body: body(size)), key) == .stored)
                #expect(await fixture.read(key).body == body(size))
                guard case .integer(let length) = try server.command("STRLEN", fixture.name(key)) else { return }
                #expect(size < 500 ? length > size : length < size / 2 + 300)
            }
            #expect(fixture.tier.statistics().failures.isEmpty)
        }
    }
}
