import CacheModel
import HTTPMessage
import Invalidation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// An origin that counts the versions of its pages, so that an answer tells how old it is.
private final class Pages: Sendable {
    struct Page {
        var version = 1
        var isCacheable = true
    }

    let pages = Mutex<[String: Page]>([:])

    func version(_ path: String) -> Int { pages.withLock { $0[path, default: Page()].version } }
    func change(_ path: String) { pages.withLock { $0[path, default: Page()].version += 1 } }
    func setCacheable(_ path: String, _ value: Bool) {
        pages.withLock { $0[path, default: Page()].isCacheable = value }
    }

    func answer(_ request: OriginRequest) -> ScriptedTransfer.Script {
        let path = String(decoding: request.target, as: UTF8.self)
        let page = pages.withLock { $0[path, default: Page()] }
        let etag = "\"v\(page.version)\""
        let control = page.isCacheable ? "max-age=60" : "no-store"
        let fields = [("ETag", etag), ("Cache-Control", control), ("Surrogate-Key", "tag\(path)")]
        if request.fields.string(.ifNoneMatch) == etag { return .init(status: 304, fields: fields, body: "") }
        return .init(fields: fields, body: "\(page.version)")
    }
}

@Suite("Flights")
struct FlightModelTests {
    private let pages = Pages()

    private func bench() -> Bench { Bench { [pages] in pages.answer($0) } }

    private func version(_ asked: Bench.Asked) -> Int? { Int(asked.seen.body) }

    @Test("whoever comes before the head, after it, and while the body arrives shares one request")
    func joins() async {
        let bench = bench()
        var all = [await bench.ask("/a")]
        for _ in 0..<3 {
            await bench.upstream.open.first?.advance()
            all.append(await bench.ask("/a", on: TestLoop.shared[1]))
            await settle()
        }
        await bench.finishAll()
        all.append(await bench.ask("/a"))
        await bench.finishAll()
        #expect(bench.upstream.count == 1)
        for asked in all {
            #expect(asked.seen.body == "1" && asked.seen.heads.count == 1 && asked.seen.ends == 1)
        }
        #expect(bench.engine.flights.count == 0)
    }

    @Test(
        "what may not be reused without the origin's word is for those who asked before it came",
        arguments: ["no-cache", "max-age=0", "max-age=60"])
    func latecomers(control: String) async {
        let bench = Bench { [pages] request in
            let path = String(decoding: request.target, as: UTF8.self)
            pages.change(path)
            return .init(
                fields: [("ETag", "\"\(pages.version(path))\""), ("Cache-Control", control)],
                body: "\(pages.version(path))")
        }
        let early = [await bench.ask("/a"), await bench.ask("/a", on: TestLoop.shared[1])]
        let transfer = bench.upstream.open.first
        await transfer?.advance()
        await settle()
        let duringBody = await bench.ask("/a", on: TestLoop.shared[1])
        await settle()
        await transfer?.advance()
        await settle()
        // The clients have all of it; the flight has not ended.
        for asked in early { #expect(asked.seen.body == "2") }
        let after = await bench.ask("/a", on: TestLoop.shared[1])
        await bench.finishAll()
        for asked in early + [duringBody, after] { #expect(asked.seen.ends == 1 && asked.seen.heads.count == 1) }
        let isFresh = control == "max-age=60"
        #expect(bench.upstream.count == (isFresh ? 1 : 3))
        #expect(Set([version(duringBody), version(after)]) == (isFresh ? [2] : [3, 4]))
        #expect(bench.engine.flights.count == 0)
    }

    @Test("a flight that has failed answers nobody who asks after its clients were told", arguments: [false, true])
    func failedIsGone(inside: Bool) async {
        let bench = bench()
        let first = await bench.ask("/a", on: TestLoop.shared[1])
        let transfer = bench.upstream.open.first
        if inside { await transfer?.advance() }
        await settle()
        let flights = Mutex(0)
        // What a client on another loop that is told may find at once.
        first.client.onEnd.withLock {
            $0 = { flights.withLock { $0 = bench.engine.flights.count } }
        }
        flights.withLock { $0 = -1 }
        await transfer?.fail()
        await settle()
        #expect(first.seen.ends == 1)
        #expect(flights.withLock { $0 } == 0)
    }

    @Test("the end of a request, on whatever loop, is no end of the body of a fetch that others share")
    func requestEnds() async {
        let bench = bench()
        let leader = await bench.ask("/a")
        let transfer = bench.upstream.open.first
        let follower = await bench.ask("/a", on: TestLoop.shared[1])
        await settle()
        await on(follower.loop) {
            follower.task.clientBody(ByteBuffer(string: "a body that no GET has"))
            follower.task.clientBodyEnded()
        }
        await bench.finishAll()
        #expect(transfer?.told.load(ordering: .relaxed) == 0)
        for asked in [leader, follower] { #expect(asked.seen.body == "1" && asked.seen.ends == 1) }
    }

    @Test("a leader who leaves takes nobody along")
    func leaderLeaves() async {
        let bench = bench()
        let leader = await bench.ask("/a")
        let follower = await bench.ask("/a", on: TestLoop.shared[1])
        await settle()
        await leader.leave()
        await bench.finishAll()
        #expect(version(follower) == 1 && bench.upstream.count == 1)
        #expect(leader.seen.heads.isEmpty && leader.seen.callsAfterEnd == 0)
    }

    @Test("with everyone gone the fill still completes")
    func allLeave() async {
        let bench = bench()
        let leader = await bench.ask("/a")
        await leader.leave()
        await bench.finishAll()
        let later = await bench.ask("/a")
        #expect(version(later) == 1 && bench.upstream.count == 1)
    }

    @Test("a request after a purge joins no flight from before it (rules 1, 3, 4)", arguments: 0..<3)
    func purgeDuringFlight(stage: Int) async {
        let bench = bench()
        let before = await bench.ask("/a")
        for _ in 0..<stage { await bench.upstream.open.first?.advance() }
        pages.change("/a")
        bench.purge(.hard, Bench.url("/a"))
        let after = [await bench.ask("/a"), await bench.ask("/a", on: TestLoop.shared[1]), await bench.ask("/a")]
        await bench.finishAll()
        #expect(version(before) == 1)
        for asked in after { #expect(version(asked) == 2) }
        // The running one and one for all who came after it.
        #expect(bench.upstream.count == 2)
        #expect(version(await bench.ask("/a")) == 2)
        #expect(bench.upstream.count == 2)
    }

    @Test("a tag purge is found out when the head names the tag (rule 3)", arguments: [InvalidationMode.hard, .soft])
    func tagPurge(mode: InvalidationMode) async {
        let bench = bench()
        let before = await bench.ask("/a")
        pages.change("/a")
        bench.purge(mode, .tag(bytes("tag/a")))
        let after = await bench.ask("/a")
        await bench.finishAll()
        #expect(version(before) == 1)
        #expect(version(after) == 2)
    }

    @Test("a 304 for what was purged meanwhile revives nothing (rule 6)")
    func notModifiedAfterPurge() async {
        let bench = bench()
        _ = await bench.ask("/a")
        await bench.finishAll()
        bench.pass(seconds: 100)
        let asked = await bench.ask("/a")
        let conditional = bench.upstream.open.first
        #expect(conditional?.script.status == 304)
        pages.change("/a")
        bench.purge(.hard, .tag(bytes("tag/a")))
        await bench.finishAll()
        #expect(version(asked) == 2)
        #expect(bench.upstream.count == 3)
        #expect(version(await bench.ask("/a")) == 2)
    }

    @Test("a tag that a 304 brings was purged before: hard, the whole is fetched; soft, it is confirmed (rule 6)")
    func notModifiedBringsTag() async {
        for (mode, requests) in [(InvalidationMode.hard, 3), (.soft, 2)] {
            let bench = Bench { request in
                let isKnown = request.fields.string(.ifNoneMatch) == "\"v1\""
                let tags = isKnown ? "old late" : "old"
                return .init(
                    status: isKnown ? 304 : 200,
                    fields: [("ETag", "\"v1\""), ("Cache-Control", "max-age=60"), ("Surrogate-Key", tags)],
                    body: isKnown ? "" : "1")
            }
            _ = await bench.ask("/a")
            await bench.finishAll()
            bench.purge(mode, .tag(bytes("late")))
            bench.pass(seconds: 100)
            let asked = await bench.ask("/a")
            await bench.finishAll()
            #expect(asked.seen.body == "1" && bench.upstream.count == requests, "\(mode)")
        }
    }

    @Test("a 304 asked for before a soft purge does not answer who came after it (rule 3)")
    func notModifiedAfterSoftPurge() async {
        let bench = bench()
        _ = await bench.ask("/a")
        await bench.finishAll()
        bench.pass(seconds: 100)
        let before = await bench.ask("/a")
        pages.change("/a")
        bench.purge(.soft, .tag(bytes("tag/a")))
        let after = await bench.ask("/a")
        await bench.finishAll()
        #expect(version(before) == 1)
        #expect(version(after) == 2)
    }

    @Test("a 304 freshens, and all who wait get the stored body")
    func confirmed() async {
        let bench = bench()
        _ = await bench.ask("/a")
        await bench.finishAll()
        bench.pass(seconds: 100)
        let all = [await bench.ask("/a"), await bench.ask("/a", on: TestLoop.shared[1])]
        await bench.finishAll()
        for asked in all { #expect(version(asked) == 1 && asked.seen.heads.first?.status == 200) }
        #expect(bench.upstream.count == 2)
        _ = await bench.ask("/a")
        #expect(bench.upstream.count == 2)
    }

    @Test("an answer that is not for sharing goes to one; the others fetch at once, and the next don't wait")
    func uncacheable() async {
        let bench = bench()
        pages.setCacheable("/a", false)
        var all = [await bench.ask("/a")]
        for loop in TestLoop.shared { all.append(await bench.ask("/a", on: loop)) }
        await settle()
        #expect(bench.upstream.count == 1)
        await bench.upstream.open.first?.advance()
        await settle()
        #expect(bench.upstream.count == 3)
        all.append(await bench.ask("/a"))
        #expect(bench.upstream.count == 4)
        await bench.finishAll()
        for asked in all { #expect(version(asked) == 1 && asked.seen.ends == 1) }
        // A cacheable answer clears the mark.
        pages.setCacheable("/a", true)
        _ = await bench.ask("/a")
        await bench.finishAll()
        #expect(version(await bench.ask("/a")) == 1)
        #expect(bench.upstream.count == 5)
    }

    @Test(
        "what one request brought on itself marks no URL as uncacheable",
        arguments: [
            FieldName.authorization, .cacheControl,
        ])
    func personal(name: FieldName) async {
        let bench = bench()
        var fields = FieldBlock()
        fields.append(name, name == .cacheControl ? "no-store" : "Basic eA==")
        _ = await bench.ask("/a", fields: fields)
        await bench.finishAll()
        _ = await bench.ask("/a")
        _ = await bench.ask("/a")
        #expect(bench.upstream.count == 2)
        await bench.finishAll()
    }

    @Test("an origin that fails before the head is a 502 for all who wait")
    func failsBeforeHead() async {
        let bench = bench()
        let all = [await bench.ask("/a"), await bench.ask("/a", on: TestLoop.shared[1])]
        await settle()
        await bench.upstream.open.first?.fail()
        await settle()
        for asked in all { #expect(asked.seen.heads.first?.status == 502 && asked.seen.ends == 1) }
        #expect(bench.engine.flights.count == 0)
    }

    @Test("one that fails inside the body breaks every client's connection and stores nothing")
    func failsInBody() async {
        let bench = Bench { [pages] in
            var script = pages.answer($0)
            script.missing = 1
            return script
        }
        let all = [await bench.ask("/a"), await bench.ask("/a", on: TestLoop.shared[1])]
        await settle()
        await bench.upstream.open.first?.advance()
        await bench.upstream.open.first?.advance()
        await bench.upstream.open.first?.fail()
        await settle()
        for asked in all { #expect(asked.seen.aborted && asked.seen.ends == 1) }
        let next = await bench.ask("/a")
        await bench.finishAll()
        #expect(version(next) == 1 && bench.upstream.count == 2)
    }

    @Test("without a stale-if-error window nothing stale hides a failure, not even what a soft purge made stale")
    func noWindow() async {
        let bench = bench()
        _ = await bench.ask("/a")
        await bench.finishAll()
        bench.purge(.soft, Bench.url("/a"))
        let asked = await bench.ask("/a")
        await bench.upstream.open.first?.fail()
        await settle()
        #expect(asked.seen.heads.first?.status == 504)
    }

    @Test("a body that outgrows memory and has no spool still reaches who reads it, and who comes later fetches")
    func noSpool() async {
        let long = String(repeating: "x", count: FlightLimits.retained + 1)
        let bench = Bench { _ in .init(fields: [("Cache-Control", "max-age=60")], body: long) }
        let first = await bench.ask("/a")
        await bench.upstream.open.first?.advance()
        let second = await bench.ask("/a")
        await bench.finishAll()
        for asked in [first, second] { #expect(asked.seen.body.utf8.count == long.utf8.count && asked.seen.ends == 1) }
        #expect(bench.upstream.count == 2)
    }

    @Test("random schedules: every client gets one answer, never older than its arrival", arguments: 0..<300)
    func schedules(seed: Int) async {
        var random = SplitMix(state: UInt64(seed))
        let bench = bench()
        let paths = ["/a", "/b"]
        struct Wait {
            var asked: Bench.Asked
            var path: String
            var least: Int
            var left = false
        }
        var waits: [Wait] = []
        for _ in 0..<Int.random(in: 5...40, using: &random) {
            let path = paths.randomElement(using: &random) ?? "/a"
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7:
                let loop = TestLoop.shared.randomElement(using: &random) ?? TestLoop.shared[0]
                let least = pages.version(path)
                waits.append(Wait(asked: await bench.ask(path, on: loop), path: path, least: least))
            case 7..<13:
                await bench.upstream.open.randomElement(using: &random)?.advance()
            case 13..<16:
                let mode: InvalidationMode = Bool.random(using: &random) ? .hard : .soft
                let changes = Int.random(in: 0..<3, using: &random) > 0
                let selectors: [Selector] = [
                    Bench.url(path), .tag(bytes("tag\(path)")), .prefix(host: bytes("h"), prefix: bytes(path)),
                    .host(bytes("h")), .all,
                ]
                if changes { pages.change(path) }
                bench.purge(mode, selectors.randomElement(using: &random) ?? .all)
            case 16: await bench.upstream.open.randomElement(using: &random)?.fail()
            case 17: pages.setCacheable(path, Bool.random(using: &random))
            case 18: bench.pass(seconds: Int64.random(in: 1...90, using: &random))
            default:
                if let index = waits.indices.randomElement(using: &random), !waits[index].left {
                    waits[index].left = waits[index].asked.seen.ends == 0
                    if waits[index].left { await waits[index].asked.leave() }
                }
            }
            if Bool.random(using: &random) { await settle() }
        }
        await bench.finishAll()
        for (index, wait) in waits.enumerated() {
            let seen = wait.asked.seen
            if wait.left { continue }
            #expect(seen.heads.count == 1 && seen.ends == 1, "seed \(seed), client \(index): \(seen)")
            #expect(seen.callsAfterEnd == 0, "seed \(seed), client \(index)")
            guard !seen.aborted, seen.heads.first?.status == 200 else { continue }
            #expect((Int(seen.body) ?? 0) >= wait.least, "seed \(seed), client \(index) on \(wait.path): \(seen.body)")
        }
        // Those made for one request, too, have left the table.
        for path in paths {
            #expect(!bench.engine.flights.isUnderWay(bench.flightRequest(path).key), "seed \(seed): \(path)")
        }
    }
}
