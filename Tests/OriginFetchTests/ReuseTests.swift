import CacheModel
import HTTPMessage
import NIOCore
import OriginFetch
import TestSupport
import Testing

@Suite("Kept connections, and no request sent twice")
struct ReuseTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Answers the first request of a connection and then does something else with the next. Fires `reached` when the
    /// later request has been read.
    private static func origin(then after: @escaping ScriptedOrigin.Script) -> ScriptedOrigin {
        ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write(ok)
            guard let head = connection.readHead() else { return }
            if head.contains("Content-Length: 4") { _ = connection.read(4) }
            after(connection)
        }
    }

    @Test("a hundred requests one after another take one connection")
    func keepAlive() async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        let fetching = try Fetching()
        for _ in 0..<100 { #expect(await fetching.get(origin).text == "ok") }
        #expect(origin.connections == 1)
        #expect(origin.requests.count == 100)
        let statistics = fetching.upstream.statistics()
        #expect(statistics.started == 100 && statistics.finished == 100 && statistics.active == 0)
        #expect(statistics.connectionsOpened == 1)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let method: String
        var body = false
        var mayRetry = false
        var resets = false
        let requests: Int
        var testDescription: String { "\(method) body \(body) mayRetry \(mayRetry) resets \(resets)" }
    }

    @Test(
        "a kept connection that closes without an answer: sent once, or twice where the request allows it",
        arguments: [
            Row(method: "GET", requests: 1), Row(method: "GET", resets: true, requests: 1),
            Row(method: "POST", requests: 1), Row(method: "POST", body: true, requests: 1),
            Row(method: "POST", body: true, resets: true, requests: 1), Row(method: "DELETE", requests: 1),
            Row(method: "HEAD", requests: 1), Row(method: "GET", mayRetry: true, requests: 2),
            Row(method: "GET", mayRetry: true, resets: true, requests: 2),
            Row(method: "HEAD", mayRetry: true, requests: 2),
        ])
    func closedWithoutAnswer(_ row: Row) async throws {
        let origin = Self.origin { connection in if row.resets { connection.reset() } }
        defer { origin.stop() }
        let fetching = try Fetching()
        #expect(await fetching.get(origin, "GET", "/first").text == "ok")
        let record: RecordingHandler.Record
        if row.body {
            record = await fetching.send(origin, row.method, body: .length(4), pieces: ["body"])
        } else {
            record = await fetching.get(origin, row.method, mayRetry: row.mayRetry)
        }
        #expect(origin.requests.count == 1 + row.requests)
        if row.mayRetry {
            #expect(record.status == 200, "\(String(describing: record.failure))")
        } else {
            #expect(record.kind == .closedBeforeHead)
            #expect(fetching.upstream.statistics().failedByKind == [.closedBeforeHead: 1])
        }
    }

    @Test("a second kept connection that closes too ends the one retry")
    func onlyOneRetry() async throws {
        let arrived = Signal()
        let both = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            // Both first requests are under way at once, so that two connections are kept.
            arrived.fire()
            both.wait()
            connection.write(Self.ok)
            _ = connection.readHead()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handlers = (0..<2).map { _ in RecordingHandler(on: fetching.loop) }
        for handler in handlers { _ = await fetching.start(Fetching.request(Fetching.server(origin)), handler) }
        for _ in handlers { #expect(arrived.wait()) }
        for _ in handlers { both.fire() }
        for handler in handlers { #expect(await handler.end().text == "ok") }
        let record = await fetching.get(origin, "GET", "/again", mayRetry: true)
        #expect(record.kind == .closedBeforeHead)
        #expect(origin.requests.filter { $0.hasPrefix("GET /again") }.count == 2)
    }

    @Test(
        "no retry once a line of an answer came",
        arguments: ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"])
    func partialAnswer(_ bytes: String) async throws {
        let origin = Self.origin { connection in connection.write(bytes) }
        defer { origin.stop() }
        let fetching = try Fetching()
        #expect(await fetching.get(origin, "GET", "/first").text == "ok")
        let record = await fetching.get(origin, "GET", "/again", mayRetry: true)
        #expect(record.kind == .closedBeforeHead)
        #expect(origin.requests.filter { $0.hasPrefix("GET /again") }.count == 1)
    }

    @Test("the retry after a piece of a status line does not read on in it", arguments: ["H", "HTTP/1.1 20"])
    func piece(_ bytes: String) async throws {
        let origin = Self.origin { connection in connection.write(bytes) }
        defer { origin.stop() }
        let fetching = try Fetching()
        #expect(await fetching.get(origin, "GET", "/first").text == "ok")
        #expect(await fetching.get(origin, "GET", "/again", mayRetry: true).text == "ok")
        #expect(await fetching.get(origin, "GET", "/last").kind == .closedBeforeHead)
        #expect(origin.requests.filter { $0.hasPrefix("GET /again") }.count == 2)
        #expect(origin.requests.filter { $0.hasPrefix("GET /last") }.count == 1)
    }

    @Test("a fresh connection that closes without an answer fails at once, retry or not", arguments: [false, true])
    func freshConnection(_ mayRetry: Bool) async throws {
        let origin = ScriptedOrigin { connection in _ = connection.readHead() }
        defer { origin.stop() }
        let record = try await Fetching().get(origin, mayRetry: mayRetry)
        #expect(record.kind == .closedBeforeHead)
        #expect(origin.requests.count == 1)
    }

    @Test("a connection that the origin closed while it was idle is not used", arguments: ["GET", "POST"])
    func closedWhileIdle(_ method: String) async throws {
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write(Self.ok)
            connection.close()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        for _ in 0..<5 {
            #expect(await fetching.get(origin, method).text == "ok")
            #expect(closed.wait())
        }
        #expect(origin.connections == 5)
        #expect(origin.requests.count == 5)
    }

    @Test("bytes that come unasked on an idle connection end it (attack class 27)")
    func unaskedBytes() async throws {
        let go = Signal()
        let written = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write(Self.ok)
            if connection.number == 1 {
                go.wait()
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
                written.fire()
            }
            connection.drain()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        #expect(await fetching.get(origin).text == "ok")
        go.fire()
        #expect(written.wait())
        #expect(await fetching.get(origin).text == "ok")
        #expect(origin.connections == 2)
    }

    @Test("to an origin with keepalive 0 no connection is used twice")
    func noKeepAlive() async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        let fetching = try Fetching()
        for _ in 0..<3 {
            let handler = RecordingHandler(on: fetching.loop)
            _ = await fetching.start(Fetching.request(Fetching.server(origin, keepalive: 0)), handler)
            #expect(await handler.end().text == "ok")
        }
        #expect(origin.connections == 3)
    }

    @Test("no more idle connections are kept than configured")
    func idleLimit() async throws {
        let arrived = Signal()
        let all = Signal()
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            arrived.fire()
            all.wait()
            connection.write(Self.ok)
            connection.drain()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching(CurlUpstream.Configuration(idleConnections: 2))
        let handlers = (0..<5).map { _ in RecordingHandler(on: fetching.loop) }
        for handler in handlers { _ = await fetching.start(Fetching.request(Fetching.server(origin)), handler) }
        for _ in handlers { #expect(arrived.wait()) }
        for _ in handlers { all.fire() }
        for handler in handlers { #expect(await handler.end().text == "ok") }
        for _ in 0..<3 { #expect(closed.wait()) }
    }

    @Test("nobody listens: connectFailed; no such name: nameNotResolved")
    func noOrigin() async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        origin.stop()
        let fetching = try Fetching()
        #expect(await fetching.get(origin).kind == .connectFailed)
        let handler = RecordingHandler(on: fetching.loop)
        let server = OriginServer(scheme: .http, host: "no-such-host.invalid", port: 80)
        _ = await fetching.start(Fetching.request(server), handler)
        #expect(await handler.end().kind == .nameNotResolved)
    }

    @Test("a plain answer to a TLS greeting is tlsFailed")
    func noTLS() async throws {
        let origin = ScriptedOrigin { connection in
            _ = connection.read(5)
            connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let server = OriginServer(scheme: .https, host: "127.0.0.1", port: origin.port)
        _ = await fetching.start(Fetching.request(server), handler)
        let record = await handler.end()
        #expect(record.kind == .tlsFailed)
        #expect(origin.requests.isEmpty)
    }
}
