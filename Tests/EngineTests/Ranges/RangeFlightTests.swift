import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// An origin that makes parts of "0123456789…", and can change its version.
private final class PartsOrigin: Sendable {
    static let body = String(repeating: "0123456789", count: 10)
    let etag = Mutex("\"v1\"")
    /// Sends the part that was asked for whatever `If-Range` says, as an origin must not.
    let ignoresIfRange = Mutex(false)

    func answer(_ request: OriginRequest) -> ScriptedTransfer.Script {
        let tag = etag.withLock { $0 }
        let fields = [("ETag", tag), ("Cache-Control", "max-age=60"), ("Surrogate-Key", "t")]
        if request.fields.string(.ifNoneMatch) == tag { return .init(status: 304, fields: fields, body: "") }
        let condition = request.fields.string(.ifRange)
        let holds = condition == nil || condition == tag || ignoresIfRange.withLock { $0 }
        guard let range = request.fields.string(.range), holds else {
            return .init(fields: fields, body: Self.body)
        }
        let numbers = range.dropFirst(6).split(separator: "-").compactMap { Int($0) }
        let part = Array(Self.body.utf8)[numbers[0]...numbers[1]]
        return .init(
            status: 206, fields: fields + [("Content-Range", "bytes \(numbers[0])-\(numbers[1])/100")],
            body: String(decoding: part, as: UTF8.self))
    }
}

@Suite("Ranges in flights")
struct RangeFlightTests {
    private let origin = PartsOrigin()

    private func bench() -> Bench { Bench { [origin] in origin.answer($0) } }

    private func ask(_ bench: Bench, _ range: String, _ fields: [(String, String)] = []) async -> Bench.Asked {
        let client = RecordingClient()
        let loop = TestLoop.shared[0]
        let task = await on(loop) {
            let request = bench.flightRequest("/a", fields: FieldBlock([("Range", "bytes=" + range)] + fields))
            let task = ProxyRequest(
                request, isHead: false, plan: .range, engine: bench.engine, loop: loop, client: client)
            task.begin()
            return task
        }
        return Bench.Asked(client: client, task: task, loop: loop)
    }

    private func get(_ bench: Bench, _ range: String, _ fields: [(String, String)] = []) async -> RecordingClient.Seen {
        let asked = await ask(bench, range, fields)
        await bench.finishAll()
        return asked.seen
    }

    private func asked(_ bench: Bench) -> [String] {
        bench.upstream.transfers.withLock { all in
            all.map { ($0.request.fields.string(.range) ?? "whole") + ($0.request.fields.string(.ifRange) ?? "") }
        }
    }

    @Test("only the missing bytes are asked for, and only of the same version (RFC 9110 §15.3.7.3)")
    func missing() async {
        let bench = bench()
        #expect(await get(bench, "10-19").body == "0123456789")
        #expect(await get(bench, "12-14").body == "234")
        #expect(await get(bench, "15-24").body == "5678901234")
        #expect(await get(bench, "5-9").body == "56789")
        #expect(await get(bench, "8-26", [("If-Range", "\"v1\"")]).body == "8901234567890123456")
        #expect(
            asked(bench) == ["bytes=10-19", "bytes=20-24\"v1\"", "bytes=5-9\"v1\"", "bytes=25-26\"v1\""])
    }

    @Test("the middle is fetched between two stored parts")
    func middle() async {
        let bench = bench()
        _ = await get(bench, "0-9")
        _ = await get(bench, "20-29")
        let seen = await get(bench, "5-24")
        #expect(seen.body == "56789" + "0123456789" + "01234" && !seen.aborted)
        #expect(seen.heads.first?.cacheStatus?.fwd == .partial)
        #expect(asked(bench).last == "bytes=10-19\"v1\"")
    }

    @Test("an origin that sends a part of another version in spite of If-Range: asked again, nothing mixed")
    func liar() async {
        let bench = bench()
        _ = await get(bench, "0-9")
        origin.etag.withLock { $0 = "\"v2\"" }
        origin.ignoresIfRange.withLock { $0 = true }
        let seen = await get(bench, "5-14")
        #expect(seen.heads.count == 1 && seen.heads.first?.status == 206 && seen.body == "5678901234")
        #expect(asked(bench) == ["bytes=0-9", "bytes=10-14\"v1\"", "bytes=5-14"])
    }

    @Test("a new version comes whole, and the client gets its part of that")
    func changed() async {
        let bench = bench()
        _ = await get(bench, "0-9")
        origin.etag.withLock { $0 = "\"v2\"" }
        let seen = await get(bench, "5-14")
        #expect(seen.heads.first?.status == 206 && seen.body == "5678901234")
        #expect(bench.engine.partitions[0].partials.find(bench.flightRequest("/a").key) == nil)
        let next = await get(bench, "0-99")
        #expect(next.body == PartsOrigin.body && bench.upstream.count == 2)
    }

    @Test("parts are used while they are fresh; then the origin is asked as the client asked")
    func stale() async {
        let bench = bench()
        _ = await get(bench, "0-9")
        bench.pass(seconds: 61)
        #expect(await get(bench, "0-4").body == "01234")
        #expect(await get(bench, "5-9").body == "56789")
        #expect(asked(bench) == ["bytes=0-9", "bytes=0-4"])
    }

    @Test("a purge while the last part is on its way keeps the whole out of the store (rules 1, 5)")
    func purged() async {
        let bench = bench()
        _ = await get(bench, "0-49")
        let last = await ask(bench, "0-99")
        await settle()
        bench.purge(.hard, .tag(bytes("t")))
        await bench.finishAll()
        #expect(last.seen.body == PartsOrigin.body)
        let after = await bench.ask("/a")
        await bench.finishAll()
        #expect(after.seen.body == PartsOrigin.body && bench.upstream.count == 3)
    }

    @Test("all parts together are an ordinary page")
    func complete() async {
        let bench = bench()
        for range in ["50-99", "0-9", "20-29", "0-99"] { _ = await get(bench, range) }
        let page = await bench.ask("/a")
        await bench.finishAll()
        #expect(page.seen.heads.first?.status == 200 && page.seen.body == PartsOrigin.body)
        #expect(bench.upstream.count == 4)
    }

    @Test("a range joins the fetch of the whole that is under way, before its head and after", arguments: 0..<3)
    func joins(stage: Int) async {
        let bench = bench()
        let whole = await bench.ask("/a")
        for _ in 0..<stage { await bench.upstream.open.first?.advance() }
        let part = await ask(bench, "95-")
        await bench.finishAll()
        #expect(whole.seen.body == PartsOrigin.body && part.seen.body == "56789")
        #expect(part.seen.heads.first?.status == 206 && bench.upstream.count == 1)
    }

    @Test("a stale page tells the size: it is validated, not passed")
    func knownSize() async {
        let bench = bench()
        _ = await bench.ask("/a")
        await bench.finishAll()
        bench.pass(seconds: 61)
        let seen = await get(bench, "90-")
        #expect(seen.heads.first?.status == 206 && seen.body == "0123456789")
        #expect(asked(bench) == ["whole", "whole"])
    }
}
