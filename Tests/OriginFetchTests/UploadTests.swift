import CacheModel
import HTTPMessage
import NIOCore
import OriginFetch
import TestSupport
import Testing

@Suite("Request bodies")
struct UploadTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test(
        "a body of known length goes out with one Content-Length and no Expect",
        arguments: ["POST", "PUT", "PATCH", "DELETE", "GET", "QUERY"])
    func length(_ method: String) async throws {
        let body = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            if connection.read(11) == "hello world" { body.fire() }
            connection.write(Self.ok)
        }
        defer { origin.stop() }
        let record = try await Fetching().send(origin, method, body: .length(11), pieces: ["hello", " ", "world"])
        #expect(record.text == "ok")
        #expect(body.wait())
        #expect(origin.requests == ["\(method) / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 11\r\n\r\n"])
    }

    @Test("a body of 3 MB of known length: still no Expect (attack class 7)")
    func largeLength() async throws {
        let block = String(repeating: "0123456789abcdef", count: 1 << 12)
        let count = 48
        let same = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            if connection.read(count << 16) == String(repeating: block, count: count) { same.fire() }
            connection.write(Self.ok)
        }
        defer { origin.stop() }
        let pieces = [String](repeating: block, count: count)
        let record = try await Fetching().send(origin, body: .length(Int64(count << 16)), pieces: pieces)
        #expect(record.text == "ok")
        #expect(same.wait())
        #expect(!origin.requests[0].lowercased().contains("expect"))
    }

    @Test("a chunked body goes out as it is given, before its end is known")
    func chunked() async throws {
        let first = Signal()
        let whole = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            if connection.read(through: "hello\r\n") == "5\r\nhello\r\n" { first.fire() }
            if connection.read(through: "0\r\n\r\n") == "6\r\n world\r\n0\r\n\r\n" { whole.fire() }
            connection.write(Self.ok)
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let transfer = await fetching.start(
            Fetching.request(Fetching.server(origin), "POST", body: .chunked), handler)
        transfer.send(ByteBuffer(string: "hello"))
        #expect(first.wait())
        #expect(handler.record.order.isEmpty)
        transfer.send(ByteBuffer(string: " world"))
        transfer.finishBody()
        #expect(await handler.end().text == "ok")
        #expect(whole.wait())
        #expect(origin.requests == ["POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"])
    }

    @Test("an empty chunked body")
    func emptyChunked() async throws {
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            if connection.read(through: "\r\n\r\n") == "0\r\n\r\n" { connection.write(Self.ok) }
        }
        defer { origin.stop() }
        #expect(try await Fetching().send(origin, body: .chunked, pieces: []).text == "ok")
    }

    @Test("a body that is not of the promised length is no request", arguments: [["abc"], ["abcdef"], []])
    func wrongLength(_ pieces: [String]) async throws {
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.drain()
        }
        defer { origin.stop() }
        let record = try await Fetching().send(origin, body: .length(5), pieces: pieces)
        #expect(record.kind == .internalError)
        #expect(record.heads.isEmpty)
    }

    @Test("canSendMore comes as the origin takes the body, and never more than the window waits")
    func backPressure() async throws {
        let go = Signal()
        let total = 8 << 20
        let piece = String(repeating: "x", count: 64 << 10)
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            go.wait()
            if connection.read(total).utf8.count == total { connection.write(Self.ok) }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let transfer = await fetching.start(
            Fetching.request(Fetching.server(origin), "PUT", body: .length(Int64(total))), handler)
        var sent = 0
        var windows = 0
        // As a listener does: a window's worth, then wait until more is wanted.
        while sent < total {
            for _ in 0..<(OriginRequest.uploadWindow / piece.utf8.count) {
                transfer.send(ByteBuffer(string: piece))
                sent += piece.utf8.count
            }
            windows += 1
            if sent < total {
                let count = windows
                _ = await handler.until("canSendMore \(count)") { $0.sendMore >= count }
            }
            // Socket buffers take what they like; the origin reads only now.
            if windows == 2 { go.fire() }
        }
        transfer.finishBody()
        #expect(await handler.end().text == "ok")
    }

    struct Early: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "POST"
        let answer: String
        var body = "no"
        var length = false
        var testDescription: String { name }
    }

    @Test(
        "an early final response is delivered whole and its connection closed (attack class 7)",
        arguments: [
            Early(name: "413", answer: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"),
            Early(
                name: "413 to a length",
                answer: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno", length: true),
            Early(
                name: "401 chunked",
                answer: "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"),
            Early(name: "200", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"),
            Early(name: "200 without body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", body: ""),
            Early(
                name: "200 chunked",
                answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "1\r\nn\r\n1;x=y\r\no\r\n0\r\nT: 1\r\n\r\n"),
            Early(name: "204", answer: "HTTP/1.1 204 No Content\r\n\r\n", body: ""),
            Early(name: "HEAD", method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", body: ""),
        ])
    func early(_ row: Early) async throws {
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            guard let head = connection.readHead() else { return }
            guard !head.hasPrefix("GET") else {
                connection.write(Self.ok)
                return
            }
            _ = connection.read(through: "begin")
            connection.write(row.answer)
            connection.drain()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let request = Fetching.request(Fetching.server(origin), row.method, body: row.length ? .length(100) : .chunked)
        let transfer = await fetching.start(request, handler)
        transfer.send(ByteBuffer(string: "begin"))
        let record = await handler.end()
        #expect(record.failure == nil && record.text == row.body)
        #expect(closed.wait())
        // Too late to matter, and harmless.
        transfer.send(ByteBuffer(string: "more"))
        transfer.finishBody()
        #expect(await fetching.get(origin).text == "ok")
        #expect(origin.connections == 2)
    }

    @Test("an early answer's body goes on while the request body does")
    func bothWays() async throws {
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            for _ in 0..<4 { connection.write(connection.read(2)) }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let transfer = await fetching.start(
            Fetching.request(Fetching.server(origin), "POST", body: .length(8)), handler)
        for i in 1...4 {
            transfer.send(ByteBuffer(string: "\(i)\(i)"))
            let record = await handler.until("echo \(i)") { $0.bodyBytes == 2 * i || $0.isOver }
            #expect(record.bodyBytes == 2 * i)
        }
        #expect(await handler.end().text == "11223344")
    }

    @Test("the origin goes away inside the request body")
    func goneInside() async throws {
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            _ = connection.read(through: "begin")
            connection.reset()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let transfer = await fetching.start(
            Fetching.request(Fetching.server(origin), "POST", body: .chunked), handler)
        transfer.send(ByteBuffer(string: "begin"))
        #expect(await handler.end().kind == .closedBeforeHead)
        #expect(origin.requests.count == 1)
    }
}
