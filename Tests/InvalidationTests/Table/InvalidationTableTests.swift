import Invalidation
import Testing

/// invalidation.md rules 2, 10 and 13.
@Suite("The table")
struct InvalidationTableTests {
    @Test("hard then soft: what the hard one missed is only stale; soft then hard: gone (rule 10)")
    func order() {
        let hardSoft = InvalidationTable(epoch: 1)
        hardSoft.add(.hard, .tag("t"))
        hardSoft.add(.soft, .tag("t"))
        let entry = Entry(tags: ["t"])
        #expect([0, 1, 2].map { hardSoft.verdict(entry, asOf: $0) } == [.gone, .stale, .valid])

        let softHard = InvalidationTable(epoch: 1)
        softHard.add(.soft, .tag("t"))
        softHard.add(.hard, .tag("t"))
        #expect([0, 1, 2].map { softHard.verdict(entry, asOf: $0) } == [.gone, .gone, .valid])
    }

    @Test("tag /items against /items/1: each names itself alone")
    func nestedTags() {
        for (purged, other) in [("/items", "/items/1"), ("/items/1", "/items"), ("/items", "/items/")] {
            let table = InvalidationTable(epoch: 1)
            table.add(.hard, .tag(purged))
            #expect(table.verdict(Entry(tags: [other]), asOf: 0) == .valid)
            #expect(table.verdict(Entry(tags: [purged]), asOf: 0) == .gone)
            #expect(table.verdict(Entry(tags: [other, purged]), asOf: 0) == .gone)
        }
    }

    @Test("a soft one of one selector hides no hard one of another")
    func soften() {
        let table = InvalidationTable(epoch: 1)
        table.add(.soft, .all)
        table.add(.hard, .prefix("example.com", "/a"))
        table.add(.soft, .url("example.com", "/a"))
        #expect([0, 1, 2, 3].map { table.verdict(Entry(), asOf: $0) } == [.gone, .gone, .stale, .valid])
        #expect(table.verdict(Entry(path: "/b"), asOf: 0) == .stale)
    }

    @Test("another epoch is unknown, also on an empty table (rule 2)")
    func otherEpoch() {
        let table = InvalidationTable(epoch: 1)
        #expect(table.verdict(Entry(), asOf: 0, epoch: 2) == .unknown)
        #expect(table.verdict(Entry(), asOf: .max, epoch: 2) == .unknown)
        table.add(.hard, .all)
        #expect(table.verdict(Entry(), asOf: 5, epoch: 2) == .unknown)
    }

    @Test("trimming by age raises the floor, and what is below it is unknown (rule 13)")
    func retention() {
        let table = InvalidationTable(epoch: 1)
        for time: Int64 in [10, 20, 30, 40] { table.add(.hard, .tag("t\(time)"), at: time) }
        #expect(table.trim(acceptedBefore: 30, maxRecords: 100) == 2)
        #expect(table.count == 2)
        #expect(
            [0, 1, 2, 3, 4].map { table.verdict(Entry(tags: ["t40"]), asOf: $0) }
                == [.gone, .gone, .gone, .gone, .valid])
        #expect(
            [0, 1, 2].map { table.verdict(Entry(tags: ["t10"]), asOf: $0) } == [.unknown, .unknown, .valid])
        #expect(table.trim(acceptedBefore: 30, maxRecords: 100) == 2)
    }

    @Test("trimming by number keeps the newest (rule 13)")
    func maxRecords() {
        let table = InvalidationTable(epoch: 1)
        for n in 1...10 { table.add(.hard, .tag("t\(n)")) }
        #expect(table.trim(acceptedBefore: 0, maxRecords: 3) == 7)
        #expect(table.count == 3)
        #expect(table.verdict(Entry(), asOf: 6) == .unknown)
        #expect(table.verdict(Entry(tags: ["t8"]), asOf: 7) == .gone)
        #expect(table.trim(acceptedBefore: 0, maxRecords: 0) == 10)
        #expect(table.head == 10)
        #expect(table.verdict(Entry(), asOf: 9) == .unknown)
        #expect(table.verdict(Entry(), asOf: 10) == .valid)
    }

    @Test("what a newer record says as well counts for nothing")
    func superseded() {
        let table = InvalidationTable(epoch: 1)
        table.add(.hard, .tag("kept"))
        for _ in 1...100 { table.add(.hard, .tag("again")) }
        #expect(table.trim(acceptedBefore: 0, maxRecords: 2) == 0)
        #expect(table.verdict(Entry(tags: ["kept"]), asOf: 0) == .gone)
        #expect(table.snapshot().records.map(\.n) == [1, 101])
    }

    @Test("records of unsafe methods have a tenth of the room, go first, and raise no floor (rule 21)")
    func unsafeMethods() {
        let table = InvalidationTable(epoch: 1)
        table.add(.hard, .url("example.com", "/a"))
        for n in 2...21 {
            let selector = Selector.url(host: bytes("example.com"), target: bytes(n == 2 ? "/a" : "/\(n)"))
            table.apply(
                InvalidationRecord(
                    n: UInt64(n), nonce: 1, mode: .hard, cause: .unsafeMethod, selectors: [selector], acceptedAt: 1))
        }
        #expect(table.verdict(Entry(path: "/a"), asOf: 1) == .gone)
        #expect(table.trim(acceptedBefore: 0, maxRecords: 100) == 0)
        #expect(table.droppedUnsafeMethods == 10)
        #expect(table.verdict(Entry(path: "/a"), asOf: 1) == .valid)
        #expect(table.verdict(Entry(path: "/a"), asOf: 0) == .gone, "the purge before it still holds")
        #expect(table.verdict(Entry(path: "/21"), asOf: 1) == .gone)
    }

    @Test("a trimmed hard record leaves the newer soft one of its selector")
    func trimsOneMark() {
        let table = InvalidationTable(epoch: 1)
        table.add(.hard, .prefix("example.com", "/a"), at: 10)
        table.add(.soft, .prefix("example.com", "/a"), at: 20)
        table.trim(acceptedBefore: 20, maxRecords: 10)
        #expect([0, 1, 2].map { table.verdict(Entry(), asOf: $0) } == [.unknown, .stale, .valid])
        table.trim(acceptedBefore: 21, maxRecords: 10)
        #expect(table.count == 0)
        table.add(.hard, .prefix("example.com", "/a"), at: 30)
        #expect(table.verdict(Entry(), asOf: 2) == .gone)
    }

    @Test("thousands of trimmed records are let go, and the rest still judges")
    func longLife() {
        let table = InvalidationTable(epoch: 1)
        for n in 1...5_000 {
            table.add(.hard, .prefix("example.com", "/\(n % 1500)"), at: Int64(n))
            table.trim(acceptedBefore: Int64(n) - 1_000, maxRecords: 10_000)
        }
        #expect(table.count == 1_001)
        #expect(table.snapshot().records.count == 1_001)
        #expect(table.verdict(Entry(path: "/\(4_999 % 1500)"), asOf: 4_998) == .gone)
        #expect(table.verdict(Entry(path: "/\(4_999 % 1500)"), asOf: 4_999) == .valid)
        #expect(table.verdict(Entry(), asOf: 3_998) == .unknown)
    }

    @Test("the verdict comes with the head that it is good for")
    func upTo() {
        let table = InvalidationTable(epoch: 1)
        #expect(table.judge(Entry(), asOf: Position(epoch: 1, n: 0)).upTo == 0)
        table.add(.hard, .tag("t"))
        #expect(table.judge(Entry(), asOf: Position(epoch: 1, n: 0)).upTo == 1)
        #expect(table.position == Position(epoch: 1, n: 1))
    }

    @Test("a position's text is what answers show")
    func text() {
        #expect(Position(epoch: 0xab, n: 12).text == "00000000000000ab-12")
        #expect(Position(epoch: .max, n: .max).text == "ffffffffffffffff-18446744073709551615")
    }

    @Test("ten thousand purged tags of twenty bytes take less than 100 bytes each, and give them back")
    func footprint() {
        let table = InvalidationTable(epoch: 1)
        let count = 10_000
        for n in 1...count {
            table.add(.hard, .tag("article-number-\(10_000 + n)"), at: Int64(n))
        }
        #expect(table.count == count)
        // Memory comes in pieces of 64 KB; each of the three kinds may have one that is nearly empty.
        #expect(table.footprint < 100 * count + 3 * 65_536, "\(table.footprint)")
        #expect(table.verdict(Entry(tags: ["article-number-12345"]), asOf: 2344) == .gone)
        #expect(table.verdict(Entry(tags: ["article-number-12345"]), asOf: 2345) == .valid)
        table.trim(acceptedBefore: .max, maxRecords: 0)
        #expect(table.count == 0)
        for _ in 0..<2_000 { table.add(.hard, .tag("one")) }
        #expect(table.count == 1)
        #expect(table.footprint < 30 * count, "\(table.footprint)")
    }
}
