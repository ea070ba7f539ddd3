import CacheModel
import HTTPMessage
import NIOCore
import OriginFetch
import Synchronization
import TestSupport
import Testing

@Suite("Pausing, cancelling, many at once, and the end")
struct FlowTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Sends a first block, waits for the signal, sends the rest and counts what the connection took.
    private static func firehose(_ size: Int, _ sent: Counter, _ go: Signal) -> ScriptedOrigin {
        ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let block = [UInt8](repeating: 0x78, count: 256 << 10)
            for _ in 0..<(size / block.count) {
                guard connection.write(block) else { return }
                if sent.add(block.count) == block.count { go.wait() }
            }
        }
    }

    @Test("pause holds the origin back, with at most 1 MB still arriving; resume brings the rest")
    func pause() async throws {
        let size = 64 << 20
        let sent = Counter()
        let go = Signal()
        let origin = Self.firehose(size, sent, go)
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop, keepsBody: false)
        let transfer = await fetching.start(Fetching.request(Fetching.server(origin)), handler)
        _ = await handler.until("bytes") { $0.bodyBytes > 0 }
        let before = await fetching.onLoop {
            transfer.pause()
            return handler.record.bodyBytes
        }
        go.fire()
        // Fetches on the same thread go on meanwhile, and prove that what was under way has arrived.
        let other = ScriptedOrigin.answering(Self.ok)
        defer { other.stop() }
        for _ in 0..<50 { #expect(await fetching.get(other).text == "ok") }
        let during = handler.record.bodyBytes
        #expect(during - before <= 1 << 20)
        #expect(!handler.record.isOver)
        for _ in 0..<50 { #expect(await fetching.get(other).text == "ok") }
        #expect(handler.record.bodyBytes == during)
        // What the sockets hold is the kernel's; far less than the body.
        #expect(sent.value < size / 2)
        transfer.resume()
        #expect(await handler.end().bodyBytes == size)
    }

    @Test("a large answer that comes at once on a kept connection is not taken for bytes that nobody asked for")
    func largeOnKept() async throws {
        let size = 2 << 20
        let body = [UInt8](repeating: 0x78, count: size)
        let origin = ScriptedOrigin { connection in
            while connection.readHead() != nil {
                guard connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"), connection.write(body)
                else {
                    return
                }
            }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        for _ in 0..<100 {
            let handler = RecordingHandler(on: fetching.loop, keepsBody: false)
            _ = await fetching.start(Fetching.request(Fetching.server(origin)), handler)
            let record = await handler.end()
            #expect(record.failure == nil && record.bodyBytes == size)
        }
        #expect(origin.connections == 1)
    }

    @Test("kept connections that go from one fetch to the next at once lose nothing of large answers")
    func handedOn() async throws {
        // Above what waits for a loop before the transfer is held back.
        let size = 800_000
        let body = [UInt8](repeating: 0x78, count: size)
        let origin = ScriptedOrigin { connection in
            while connection.readHead() != nil {
                guard connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"), connection.write(body)
                else { return }
            }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let request = Fetching.request(Fetching.server(origin))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<60 {
                        let handler = RecordingHandler(on: fetching.loop, keepsBody: false)
                        _ = await fetching.start(request, handler)
                        let record = await handler.end()
                        #expect(record.failure == nil && record.bodyBytes == size)
                    }
                }
            }
        }
    }

    @Test("a pause before the head lets the head through and holds the body")
    func pauseBeforeHead() async throws {
        let go = Signal()
        let sent = Counter()
        let size = 16 << 20
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            go.wait()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            for _ in 0..<16 where connection.write([UInt8](repeating: 0x79, count: 1 << 20)) { sent.add(1 << 20) }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop, keepsBody: false)
        let transfer = await fetching.start(Fetching.request(Fetching.server(origin)), handler)
        transfer.pause()
        go.fire()
        _ = await handler.until("the head") { !$0.heads.isEmpty }
        let other = ScriptedOrigin.answering(Self.ok)
        defer { other.stop() }
        for _ in 0..<50 { #expect(await fetching.get(other).text == "ok") }
        #expect(handler.record.bodyBytes <= 1 << 20)
        #expect(sent.value < size)
        transfer.resume()
        #expect(await handler.end().bodyBytes == size)
    }

    @Test("a loop that is busy bounds what waits for it, without any pause")
    func busyLoop() async throws {
        let size = 64 << 20
        let sent = Counter()
        let go = Signal()
        let origin = Self.firehose(size, sent, go)
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop, keepsBody: false)
        let free = Signal()
        let held = Signal()
        _ = await fetching.start(Fetching.request(Fetching.server(origin)), handler)
        fetching.loop.execute {
            held.fire()
            free.wait()
        }
        #expect(held.wait())
        go.fire()
        // The other loop works, and its fetches show that time passes on the curl thread.
        let other = ScriptedOrigin.answering(Self.ok)
        defer { other.stop() }
        let loop = TestLoop.shared[1]
        for _ in 0..<50 {
            let second = RecordingHandler(on: loop)
            let request = Fetching.request(Fetching.server(other))
            let upstream = fetching.upstream
            let _: Bool = await once(on: loop) { done in
                _ = upstream.fetch(request, on: loop, handler: second)
                done(true)
            }
            #expect(await second.end().text == "ok")
        }
        #expect(sent.value < size / 2)
        free.fire()
        #expect(await handler.end().bodyBytes == size)
    }

    enum Stage: String, CaseIterable, Sendable {
        case atOnce, connected, midHead, midBody, paused, uploading, over
    }

    @Test(
        "after cancel returns on the loop nothing follows, at any stage, and the connection is closed",
        arguments: Stage.allCases)
    func cancel(_ stage: Stage) async throws {
        let reached = Signal()
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else {
                closed.fire()
                return
            }
            switch stage {
            case .atOnce, .connected: break
            case .midHead: connection.write("HTTP/1.1 200 OK\r\nX: 1\r\n")
            case .midBody, .paused, .uploading: connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")
            case .over: connection.write(Self.ok)
            }
            reached.fire()
            connection.drain()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let body: OriginRequest.Body = stage == .uploading ? .chunked : .none
        let request = Fetching.request(Fetching.server(origin), stage == .uploading ? "POST" : "GET", body: body)
        let atCancel: Int
        if stage == .atOnce {
            atCancel = await fetching.onLoop {
                fetching.upstream.fetch(request, on: fetching.loop, handler: handler).cancel()
                return handler.record.order.count
            }
        } else {
            let transfer = await fetching.start(request, handler)
            #expect(reached.wait())
            if stage == .midBody || stage == .uploading { _ = await handler.until("bytes") { $0.bodyBytes == 3 } }
            if stage == .paused { transfer.pause() }
            if stage == .over { _ = await handler.end() }
            atCancel = await fetching.onLoop {
                transfer.cancel()
                transfer.cancel()
                return handler.record.order.count
            }
            transfer.resume()
            transfer.send(ByteBuffer(string: "x"))
            if stage != .over { #expect(closed.wait()) }
        }
        let other = ScriptedOrigin.answering(Self.ok)
        defer { other.stop() }
        #expect(await fetching.get(other).text == "ok")
        #expect(handler.record.order.count == atCancel)
        let statistics = fetching.upstream.statistics()
        #expect(statistics.active == 0)
        #expect(statistics.finished == (stage == .over ? 2 : 1))
    }

    @Test("a cancelled fetch lets go of its handler, from whichever thread it was cancelled", arguments: [true, false])
    func release(_ onLoop: Bool) async throws {
        let origin = ScriptedOrigin { connection in connection.drain() }
        defer { origin.stop() }
        let fetching = try Fetching()
        var handler: RecordingHandler? = RecordingHandler(on: fetching.loop)
        weak let weakHandler = handler
        let transfer = await fetching.start(Fetching.request(Fetching.server(origin)), handler!)
        handler = nil
        if onLoop { await fetching.onLoop { transfer.cancel() } } else { transfer.cancel() }
        // Behind whatever the cancellation put on the loop.
        await fetching.onLoop {}
        #expect(weakHandler == nil)
    }

    @Test("a thousand fetches at once, on two loops, each with its own answer")
    func thousand() async throws {
        let count = 1000
        let origin = ScriptedOrigin { connection in
            while let head = connection.readHead() {
                let target = head.dropFirst(4).prefix { $0 != " " }
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(target.utf8.count)\r\n\r\n\(target)")
            }
        }
        defer { origin.stop() }
        let fetching = try Fetching(CurlUpstream.Configuration(idleConnections: 2000))
        let handlers = (0..<count).map { RecordingHandler(on: TestLoop.shared[$0 % 2]) }
        let server = Fetching.server(origin)
        let upstream = fetching.upstream
        for (i, handler) in handlers.enumerated() {
            let loop = TestLoop.shared[i % 2]
            loop.execute {
                _ = upstream.fetch(Fetching.request(server, "GET", "/\(i)"), on: loop, handler: handler)
            }
        }
        for (i, handler) in handlers.enumerated() {
            let record = await handler.end()
            #expect(record.text == "/\(i)" && record.finishes == 1, "\(String(describing: record.failure))")
        }
        let statistics = upstream.statistics()
        #expect(statistics.finished == count && statistics.active == 0)
        #expect(statistics.connectionsOpened == origin.connections)
        #expect(origin.requests.count == count)
    }

    @Test("shutdown ends every fetch, closes every connection and refuses new ones")
    func shutdown() async throws {
        let reached = Signal()
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            guard let head = connection.readHead() else { return }
            if head.hasPrefix("GET /kept") { connection.write(Self.ok) }
            reached.fire()
            connection.drain()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        #expect(await fetching.get(origin, "GET", "/kept").text == "ok")
        #expect(reached.wait())
        let handler = RecordingHandler(on: fetching.loop)
        // The kept connection would take it: one of its own instead.
        let second = ScriptedOrigin { connection in
            _ = connection.readHead()
            reached.fire()
            connection.drain()
            closed.fire()
        }
        defer { second.stop() }
        _ = await fetching.start(Fetching.request(Fetching.server(second)), handler)
        #expect(reached.wait())
        fetching.upstream.shutdown()
        #expect(await handler.end().kind == .internalError)
        #expect(closed.wait() && closed.wait())
        fetching.upstream.shutdown()
        #expect(await fetching.get(origin).kind == .internalError)
        #expect(fetching.upstream.statistics().active == 0)
    }
}

/// A number that several threads add to.
final class Counter: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }

    /// The number after it.
    @discardableResult
    func add(_ count: Int) -> Int {
        state.withLock { value in
            value += count
            return value
        }
    }
}
