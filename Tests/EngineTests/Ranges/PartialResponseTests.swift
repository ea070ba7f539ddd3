import TestSupport
import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore
import Testing

@testable import Engine

@Suite("Stored parts")
struct PartialResponseTests {
    private static let body = Array(0..<UInt8(100))

    private static func part(_ range: Range<Int>, etag: String = "\"a\"", length: Int = 100, n: UInt64 = 5)
        -> PartialResponse
    {
        let facts = StoreFacts(
            freshness: Freshness(responseTime: Timestamp(seconds: 0), initialAge: 0, lifetime: 60),
            vary: VarySpec(names: []), etag: nil, lastModified: nil, withheldFields: [])
        let head = StoredHead(
            key: TierKey(primary: key("/a")), primary: key("/a"), status: 200, fields: FieldBlock([("ETag", etag)]),
            facts: facts,
            tags: TagList(FieldBlock(), []), requestFields: FieldBlock(), requestTime: Timestamp(seconds: 0),
            asOf: Position(epoch: 1, n: n), instance: 1, localNumber: 1)
        let bytes = ByteBuffer(bytes: body[range])
        return PartialResponse(
            head: head, completeLength: length, part: .init(start: range.lowerBound, bytes: bytes))
    }

    private static func key(_ path: String) -> CacheKey {
        CacheKey(scheme: "http".utf8, host: "h".utf8, path: path.utf8, query: nil as [UInt8]?)
    }

    @Test(
        "What is missing is the least stretch that brings the rest",
        arguments: [
            (0..<5, 0..<5), (0..<15, 0..<10), (10..<20, nil), (12..<18, nil), (15..<25, 20..<25), (5..<45, 5..<45),
            (15..<35, 20..<30), (10..<40, 20..<30), (10..<41, 20..<41), (40..<50, 40..<50), (0..<100, 0..<100),
        ] as [(Range<Int>, Range<Int>?)])
    func missing(range: Range<Int>, expected: Range<Int>?) {
        var stored = Self.part(10..<20)
        let isCombined = stored.combine(Self.part(30..<40))
        #expect(isCombined)
        #expect(stored.missing(in: range) == expected)
    }

    @Test("However parts overlap, each byte is there once and is its own (RFC 9110 §15.3.7.3)", arguments: 0..<100)
    func overlaps(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        func range() -> Range<Int> {
            let start = Int.random(in: 0..<100, using: &random)
            return start..<Int.random(in: start + 1...100, using: &random)
        }
        let first = range()
        var stored = Self.part(first)
        var covered = Set(first)
        for _ in 0..<8 {
            let next = range()
            let isCombined = stored.combine(Self.part(next))
            #expect(isCombined)
            covered.formUnion(next)
            #expect(stored.parts.reduce(0) { $0 + $1.bytes.readableBytes } == covered.count)
            #expect(zip(stored.parts, stored.parts.dropFirst()).allSatisfy { $0.range.upperBound <= $1.start })
            let asked = range()
            if stored.missing(in: asked) == nil {
                #expect(stored.bytes(asked).flatMap { Array($0.readableBytesView) } == Array(Self.body[asked]))
            }
            #expect((stored.missing(in: asked) == nil) == covered.isSuperset(of: asked))
            #expect(stored.isComplete == (covered.count == 100))
        }
    }

    @Test("Another tag, another length: nothing is combined (RFC 9111 §3.4)")
    func versions() {
        var stored = Self.part(0..<10)
        let otherTag = stored.combine(Self.part(10..<20, etag: "\"b\""))
        let otherLength = stored.combine(Self.part(10..<20, length: 101))
        #expect(!otherTag && !otherLength)
        #expect(stored.missing(in: 0..<20) == 10..<20)
    }

    @Test("The whole is as old as the oldest of its parts (invalidation.md rule 1)", arguments: [(5, 9), (9, 5)])
    func oldest(first: UInt64, second: UInt64) {
        var stored = Self.part(0..<10, n: first)
        let isCombined = stored.combine(Self.part(10..<20, n: second))
        #expect(isCombined)
        #expect(stored.head.meta.asOf.n == 5)
    }

    @Test("The store is bounded in bytes and forgets what was used longest ago")
    func bounded() {
        let store = PartialStore(memory: 8 * 64 << 10)
        func add(_ number: Int) {
            _ = store.add(Self.part(0..<100), key: Self.key("/\(number)")) { _ in true }
        }
        for number in 0..<10 { add(number) }
        for number in 10..<1000 {
            #expect(store.find(Self.key("/3")) != nil)
            add(number)
            #expect(store.bytes <= store.capacity)
        }
        #expect(store.find(Self.key("/4")) == nil && store.find(Self.key("/999")) != nil)
        store.remove(Self.key("/3"))
        #expect(store.find(Self.key("/3")) == nil)
        #expect(PartialStore(memory: 0).add(Self.part(0..<1), key: Self.key("/a")) { _ in true }.parts.count == 1)
    }

    @Test("What was purged meanwhile is not combined but replaced")
    func replaced() {
        let store = PartialStore(memory: 1 << 20)
        _ = store.add(Self.part(0..<10), key: Self.key("/a")) { _ in true }
        let all = store.add(Self.part(10..<20), key: Self.key("/a")) { _ in false }
        #expect(all.missing(in: 0..<20) == 0..<10)
        #expect(store.find(Self.key("/a"))?.missing(in: 0..<10) == 0..<10)
    }
}
