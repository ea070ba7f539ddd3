import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore
import Testing

/// What a stored response packs comes out as it went in, whether it fits or not.
@Suite("Packed heads")
struct PackingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout ResponseMeta) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout ResponseMeta) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    private static func typical(_ number: UInt64 = 7) -> ResponseMeta {
        let now = Timestamp(milliseconds: 1_795_280_400_123)
        return ResponseMeta(
            status: 203,
            freshness: Freshness(
                responseTime: now, initialAge: 1, lifetime: .max, staleWhileRevalidate: 3, staleIfError: .max - 1,
                rules: [.guessed, .consumedNames]),
            requestTime: Timestamp(milliseconds: now.milliseconds - 12_345), asOf: Position(epoch: 0xfeed, n: 0xbeef),
            entryID: ResponseMeta.entryID(instance: 99, localNumber: number), instance: 99, localNumber: number,
            tagsCut: true, lastModified: Timestamp(seconds: 1_795_000_000))
    }

    static let rows: [Row] = [
        Row("all that fits") { _ in },
        Row("an entry id of its own") { $0.entryID = 3 },
        Row("no date") { $0.lastModified = nil },
        Row("a date before 1970") { $0.lastModified = Timestamp(seconds: -1) },
        Row("a date of parts of a second") { $0.lastModified = Timestamp(milliseconds: 1001) },
        Row("the date that stands for none") { $0.lastModified = Timestamp(seconds: Int64(UInt32.max)) },
        Row("a date after 2106") { $0.lastModified = Timestamp(seconds: 1 << 33) },
        Row("the last position that fits") { $0.asOf.n = 1 << 48 - 1 },
        Row("a position that does not") { $0.asOf.n = 1 << 48 },
        Row("the greatest position and number") { ($0.asOf.n, $0.localNumber) = (.max, .max) },
        Row("any epoch and instance") { ($0.asOf.epoch, $0.instance) = (.max, 0) },
        Row("a request after its response") {
            $0.requestTime = Timestamp(milliseconds: $0.freshness.responseTime.milliseconds + 1)
        },
        Row("a request fifty days before") { $0.requestTime.milliseconds -= 50 * 86_400_000 },
        Row("times at the ends") { meta in
            meta.requestTime = Timestamp(milliseconds: .min)
            meta.freshness.responseTime = Timestamp(milliseconds: .max)
        },
        Row("a time before 1970") { $0.freshness.responseTime = Timestamp(milliseconds: -5) },
        Row("nothing at all") {
            $0 = ResponseMeta(
                status: 0, freshness: Freshness(responseTime: Timestamp(seconds: 0), initialAge: 0, lifetime: 0),
                requestTime: Timestamp(seconds: 0), asOf: Position(epoch: 0, n: 0), entryID: 0, instance: 0,
                localNumber: 0)
        },
    ]

    @Test("all facts come out as they went in, with each kind of body", arguments: rows, [0, 10, 20_000])
    func facts(row: Row, body: Int) {
        var meta = Self.typical()
        row.change(&meta)
        let response = Sample.response(meta, body: body)
        #expect(response.meta == meta)
        #expect(response.freshness == meta.freshness && response.status == meta.status)
        #expect(response.entryID == meta.entryID)
        let told = Told(response)
        #expect(told.key == Sample.key.bytes && told.selection == Sample.selection && told.fields == Sample.fields)
        #expect(told.tags == Sample.tags && told.etagRange == Sample.etag)
        #expect(told.body == Array(Sample.body(body).readableBytesView))
        #expect(response.checkedBelow == 0)
        response.raiseCheckedBelow(to: UInt64.max - 1)
        response.raiseCheckedBelow(to: 5)
        #expect(response.checkedBelow == UInt64.max - 1)
        let tick = UseClock.tick(meta.requestTime)
        response.use(tick: tick &+ 3)
        #expect(response.wasUsed(since: tick &+ 3) && !response.wasUsed(since: tick &+ 4))
        #expect(response.meta == meta)
    }

    @Test("parts of any length come out whole", arguments: [0, 65_000, 65_535, 65_536, 200_000])
    func lengths(length: Int) {
        let fields = [UInt8](repeating: 0x61, count: length)
        let response = StoredResponse(
            meta: Self.typical(), key: CacheKey(bytes: [1, 2]), selection: [3], fields: fields + [4, 5, 6],
            etag: length..<length + 2, tags: [7], body: .chunk(Sample.body(100)))
        #expect(Array(response.key) == [1, 2] && Array(response.selection) == [3] && Array(response.tags) == [7])
        #expect(Array(response.fields) == fields + [4, 5, 6])
        #expect(Array(response.etag) == [4, 5] && response.etagRange == length..<length + 2)
        #expect(Told(response).body == Array(Sample.body(100).readableBytesView))
    }

    @Test("a full table has no number for another pair, and keeps those that it has")
    func provenance() {
        let table = ProvenanceTable(most: 2)
        #expect(table.number(epoch: 1, instance: 1) == 0)
        #expect(table.number(epoch: 1, instance: 2) == 1)
        #expect(table.number(epoch: 2, instance: 1) == nil)
        #expect(table.number(epoch: 1, instance: 1) == 0)
        #expect(table.pair(1) == ProvenanceTable.Pair(epoch: 1, instance: 2))
    }
}
