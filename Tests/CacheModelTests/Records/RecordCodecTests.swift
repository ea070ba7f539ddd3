import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore
import Synchronization
import Testing

@Suite("The record codec")
struct RecordCodecTests {
    private func decodeResponse(_ bytes: ByteBuffer, key: TierKey = Sample.tierKey) throws -> StoredResponse {
        guard case .response(let response) = try RecordCodec.decode(bytes, key: key) else {
            throw RecordError.badLengths
        }
        return response
    }

    @Test(
        "every field comes back, whatever the body's size",
        arguments: [
            0, 1, StoredResponse.inlineLimit, StoredResponse.inlineLimit + 1, 200_000,
        ])
    func roundTrip(body: Int) throws {
        let response = Sample.response(body: body)
        let decoded = try decodeResponse(RecordCodec.encode(.response(response), key: Sample.tierKey))
        #expect(Told(decoded) == Told(response))
        #expect(decoded.checkedBelow == 0)
        switch decoded.body {
        case .inline: #expect(body <= StoredResponse.inlineLimit)
        case .chunk: #expect(body > StoredResponse.inlineLimit)
        case .external: Issue.record("no body lies elsewhere")
        }
    }

    @Test("what may be absent stays absent")
    func absent() throws {
        var meta = Sample.meta
        meta.lastModified = nil
        meta.tagsCut = false
        meta.freshness.rules = []
        let response = Sample.response(meta, fields: [], etag: nil, tags: [], body: 0)
        let decoded = try decodeResponse(RecordCodec.encode(.response(response), key: Sample.tierKey))
        #expect(Told(decoded) == Told(response))
    }

    @Test("every number keeps its extremes", arguments: [UInt64.min, 1, 1 << 32, 1 << 63, .max])
    func extremes(number: UInt64) throws {
        var meta = Sample.meta
        meta.asOf = Position(epoch: number, n: number)
        (meta.entryID, meta.instance, meta.localNumber) = (number, number, number)
        // Int64.min milliseconds stands for "none" in the one field that may be absent.
        let time = Timestamp(milliseconds: max(Int64(bitPattern: number), .min + 1))
        (meta.requestTime, meta.freshness.responseTime, meta.lastModified) = (time, time, time)
        let response = Sample.response(meta)
        let decoded = try decodeResponse(RecordCodec.encode(.response(response), key: Sample.tierKey))
        #expect(decoded.meta == meta)
    }

    @Test("positions and entry ids stand where scripts look for them")
    func offsets() {
        let encoded = Array(RecordCodec.encode(.response(Sample.response()), key: Sample.tierKey).readableBytesView)
        #expect(encoded[RecordHead.positionRange].elementsEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 99]))
        #expect(encoded[RecordHead.entryIDRange].elementsEqual(Array(0x11...0x18)))
        let index = VariantIndex(
            asOf: Sample.meta.asOf, entryID: Sample.meta.entryID, fieldNames: [bytes("accept")], selections: [])
        let listed = Array(
            RecordCodec.encode(.variants(index), key: TierKey(primary: Sample.key)).readableBytesView)
        #expect(listed[RecordHead.positionRange] == encoded[RecordHead.positionRange])
        #expect(listed[RecordHead.entryIDRange] == encoded[RecordHead.entryIDRange])
    }

    @Test("a list of variants comes back", arguments: [0, 1, 64])
    func variants(count: Int) throws {
        let index = VariantIndex(
            asOf: Position(epoch: 5, n: 6), entryID: 7, fieldNames: [bytes("accept"), bytes("x-a")],
            selections: (0..<count).map { bytes("selection \($0)") })
        let key = TierKey(primary: Sample.key)
        guard
            case .variants(let decoded) = try RecordCodec.decode(
                RecordCodec.encode(.variants(index), key: key), key: key)
        else {
            Issue.record("it is a list")
            return
        }
        #expect(decoded == index)
    }

    @Test("any bit that flips is found")
    func flippedBits() throws {
        for body in [10, StoredResponse.inlineLimit + 5] {
            let encoded = RecordCodec.encode(.response(Sample.response(body: body)), key: Sample.tierKey)
            let raw = Array(encoded.readableBytesView)
            // Every bit of the head, of the body's ends, and some between.
            let places = raw.indices.filter { $0 < 700 || $0 >= raw.count - 12 || $0 % 997 == 0 }
            for place in places {
                for bit in 0..<8 {
                    var flipped = raw
                    flipped[place] ^= 1 << bit
                    #expect(throws: RecordError.self, "byte \(place) bit \(bit)") {
                        try RecordCodec.decode(ByteBuffer(bytes: flipped), key: Sample.tierKey)
                    }
                }
            }
        }
        let index = VariantIndex(
            asOf: Position(epoch: 5, n: 6), entryID: 7, fieldNames: [bytes("accept")], selections: [bytes("s")])
        let key = TierKey(primary: Sample.key)
        let raw = Array(RecordCodec.encode(.variants(index), key: key).readableBytesView)
        for place in raw.indices {
            for bit in 0..<8 {
                var flipped = raw
                flipped[place] ^= 1 << bit
                #expect(throws: RecordError.self) { try RecordCodec.decode(ByteBuffer(bytes: flipped), key: key) }
            }
        }
    }

    @Test("a record cut at any length, or with a byte behind it, is refused")
    func truncated() {
        let raw = Array(RecordCodec.encode(.response(Sample.response()), key: Sample.tierKey).readableBytesView)
        for length in 0..<raw.count {
            #expect(throws: RecordError.truncated) {
                try RecordCodec.decode(ByteBuffer(bytes: raw[..<length]), key: Sample.tierKey)
            }
        }
        #expect(throws: RecordError.truncated) {
            try RecordCodec.decode(ByteBuffer(bytes: raw + [0]), key: Sample.tierKey)
        }
    }

    @Test("it starts where the buffer's reader stands")
    func readerIndex() throws {
        var buffer = ByteBuffer(string: "before")
        var encoded = RecordCodec.encode(.response(Sample.response(body: 20_000)), key: Sample.tierKey)
        buffer.writeBuffer(&encoded)
        buffer.moveReaderIndex(forwardBy: 6)
        #expect(Told(try decodeResponse(buffer)) == Told(Sample.response(body: 20_000)))
    }

    @Test("another key's record is refused, as key and as selection (attacks.md 25)")
    func otherKey() {
        let encoded = RecordCodec.encode(.response(Sample.response()), key: Sample.tierKey)
        let others = [
            TierKey(primary: Sample.key),
            TierKey(primary: Sample.key, selection: Sample.selection + [0]),
            TierKey(primary: CacheKey(bytes: Sample.key.bytes + [0]), selection: Sample.selection),
            TierKey(primary: CacheKey(bytes: Sample.key.bytes + Sample.selection)),
        ]
        for other in others {
            #expect(throws: RecordError.otherKey) { try RecordCodec.decode(encoded, key: other) }
        }
    }
}
