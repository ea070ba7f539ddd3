import CacheModel
import HTTPMessage
import Invalidation
import TestSupport
import Testing

@testable import Engine

@Suite("The flight table")
struct FlightTableTests {
    private let bench = Bench { _ in .init(fields: [], body: "") }

    private func flight(_ path: String = "/a") -> Flight {
        let request = bench.flightRequest(path)
        return Flight(
            key: TierKey(primary: request.key), request: request, engine: bench.engine, loop: TestLoop.shared[0])
    }

    private func word(_ entrance: FlightTable.Entrance) -> (String, Flight) {
        switch entrance {
        case .join(let flight): ("join", flight)
        case .lead(let flight): ("lead", flight)
        case .leadNext(let flight): ("leadNext", flight)
        }
    }

    @Test("at most two of a key: the running one and the next (rule 4)")
    func two() {
        let table = FlightTable()
        let (running, next, other) = (flight(), flight(), flight("/b"))
        func enter(_ usable: Bool, _ made: Flight?) -> (String, Flight) {
            word(table.enter(running.key, isUsable: { _ in usable }, make: { made! }))
        }
        #expect(enter(true, running) == ("lead", running))
        #expect(enter(true, nil) == ("join", running))
        #expect(enter(false, next) == ("leadNext", next))
        #expect(enter(false, nil) == ("join", next))
        #expect(enter(true, nil) == ("join", running))
        #expect(word(table.enter(other.key, isUsable: { _ in true }, make: { other })) == ("lead", other))
        #expect(table.count == 2)
        #expect(table.running(running.key) === running)

        #expect(table.remove(next) === nil, "it does not run yet")
        #expect(table.remove(running) === next)
        #expect(table.remove(running) === nil, "it was taken out before")
        #expect(table.running(running.key) === next)
        #expect(table.remove(next) === nil)
        #expect(table.running(running.key) === nil)
        #expect(table.count == 1)
    }

}

private func == (a: (String, Flight), b: (String, Flight)) -> Bool { a.0 == b.0 && a.1 === b.1 }

@Suite("Marks of what is uncacheable")
struct UncacheableMarksTests {
    private let asOf = Position(epoch: 1, n: 2)
    private let now = Timestamp(seconds: 1_000)

    @Test("a mark holds for 120 seconds, is cleared by a cacheable answer, and tells its position")
    func life() {
        let marks = UncacheableMarks()
        #expect(marks.asOf(5, now: now) == nil)
        marks.set(5, asOf: asOf, now: now)
        #expect(marks.asOf(5, now: Timestamp(seconds: 1_119)) == asOf)
        #expect(marks.asOf(6, now: now) == nil)
        #expect(marks.asOf(5, now: Timestamp(seconds: 1_120)) == nil)
        #expect(marks.asOf(5, now: now) == nil, "what has expired is gone")
        marks.set(5, asOf: asOf, now: now)
        marks.clear(5)
        #expect(marks.asOf(5, now: now) == nil)
    }

    @Test("their number is bounded: the expired go first")
    func bounded() {
        let marks = UncacheableMarks()
        for hash in 0..<UInt64(UncacheableMarks.maxMarks) {
            marks.set(hash, asOf: asOf, now: Timestamp(seconds: hash < 20_000 ? 1_000 : 2_000))
        }
        marks.set(.max, asOf: asOf, now: Timestamp(seconds: 2_000))
        #expect((0..<20_000).allSatisfy { marks.asOf($0, now: Timestamp(seconds: 1_000)) == nil })
        #expect(
            (20_000..<UInt64(UncacheableMarks.maxMarks)).allSatisfy { marks.asOf($0, now: now) != nil }
                && marks.asOf(.max, now: now) != nil)
        for hash in 0..<UInt64(UncacheableMarks.maxMarks) { marks.set(hash << 32 | 1 << 60, asOf: asOf, now: now) }
        let kept = (0..<UInt64(UncacheableMarks.maxMarks)).count { marks.asOf($0 << 32 | 1 << 60, now: now) != nil }
        #expect(kept <= UncacheableMarks.maxMarks && kept > 0)
    }
}
