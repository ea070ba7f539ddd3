import CacheModel
import HTTPMessage
import Invalidation
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// invalidation.md rule 15: revalidations of what may have been purged are capped per origin.
@Suite("Validations at one origin") struct ValidationGateTests {
    private final class Turns: Sendable {
        let list = Mutex<[Int]>([])
        var all: [Int] { list.withLock { $0 } }
        func add(_ number: Int) { list.withLock { $0.append(number) } }
    }

    @Test("so many at a time, the others in the order in which they came, each origin by itself")
    func turns() {
        let gate = ValidationGate()
        let turns = Turns()
        let small = OriginServer(scheme: .http, host: "a", port: 80, keepalive: 2)
        let other = OriginServer(scheme: .http, host: "b", port: 80, keepalive: 0)
        for number in 0..<5 { gate.enter(small) { turns.add(number) } }
        #expect(turns.all == [0, 1])
        for number in 10..<12 { gate.enter(other) { turns.add(number) } }
        #expect(turns.all == [0, 1, 10], "one at least")
        for _ in 0..<3 { gate.leave(small) }
        #expect(turns.all == [0, 1, 10, 2, 3, 4])
        for _ in 0..<2 { gate.leave(small) }
        for _ in 0..<2 { gate.leave(other) }
        #expect(turns.all == [0, 1, 10, 2, 3, 4, 11])
        gate.enter(small) { turns.add(99) }
        #expect(turns.all.last == 99)
    }

    @Test("thousands in a line keep their order, while some leave")
    func longLine() {
        let gate = ValidationGate()
        let turns = Turns()
        let origin = OriginServer(scheme: .http, host: "a", port: 80, keepalive: 1)
        for number in 0..<3000 {
            gate.enter(origin) { turns.add(number) }
            if number.isMultiple(of: 2) { gate.leave(origin) }
        }
        for _ in 0..<1500 { gate.leave(origin) }
        #expect(turns.all == Array(0..<3000))
    }

    private func bench() -> Bench {
        Bench { request in
            let fields = [("ETag", "\"v1\""), ("Cache-Control", "max-age=60")]
            let isKnown = request.fields.string(.ifNoneMatch) == "\"v1\""
            return .init(status: isKnown ? 304 : 200, fields: fields, body: isKnown ? "" : "1")
        }
    }

    @Test("everything stored is unknown at once: 64 are validated at a time, once each, and all are answered")
    func storm() async {
        let bench = bench()
        let paths = (0..<200).map { "/\($0)" }
        for path in paths { _ = await bench.ask(path) }
        await bench.finishAll()
        #expect(bench.upstream.count == 200)
        bench.log.table.replace(epoch: 78, records: [], head: 0, floor: 0)
        var all: [Bench.Asked] = []
        for path in paths {
            all.append(await bench.ask(path))
            all.append(await bench.ask(path, on: TestLoop.shared[1]))
        }
        await settle()
        #expect(bench.upstream.open.count == 64)
        // What is asked for the first time is no validation, and waits for none.
        let miss = await bench.ask("/miss")
        #expect(bench.upstream.open.count == 65)
        var most = 0
        while !bench.upstream.open.isEmpty {
            most = max(most, bench.upstream.open.count)
            await bench.upstream.open.first?.finish()
            await settle()
        }
        #expect(most == 65 && bench.upstream.count == 401)
        for asked in all + [miss] { #expect(asked.seen.body == "1" && asked.seen.ends == 1) }
        #expect(bench.engine.flights.count == 0)
        // Known again: hits.
        _ = await bench.ask("/0")
        #expect(bench.upstream.count == 401)
    }

    @Test("origins that fail, and clients that leave, give their turn back")
    func failures() async {
        let bench = bench()
        let paths = (0..<80).map { "/\($0)" }
        for path in paths { _ = await bench.ask(path) }
        await bench.finishAll()
        bench.log.table.replace(epoch: 78, records: [], head: 0, floor: 0)
        var all: [Bench.Asked] = []
        for path in paths { all.append(await bench.ask(path)) }
        await settle()
        #expect(bench.upstream.open.count == 64)
        for asked in all.suffix(4) { await asked.leave() }
        for transfer in bench.upstream.open { await transfer.fail() }
        await settle()
        #expect(bench.upstream.open.count == 16)
        await bench.finishAll()
        #expect(bench.engine.flights.count == 0)
        for asked in all.prefix(64) { #expect(asked.seen.heads.first?.status == 504) }
        for asked in all[64..<76] { #expect(asked.seen.body == "1") }
    }
}
