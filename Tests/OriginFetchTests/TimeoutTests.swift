import CacheModel
import Glibc
import HTTPMessage
import NIOCore
import OriginFetch
import TestSupport
import Testing

@Suite("Timeouts")
struct TimeoutTests {
    /// One way to wait too long, and how long the fetch may have taken at least.
    private func expect(
        _ kind: OriginFailure.Kind, after least: Duration, _ server: (ScriptedOrigin) -> OriginServer,
        body: OriginRequest.Body = .none, send: [String] = [], over: Signal? = nil,
        _ script: @escaping ScriptedOrigin.Script
    ) async throws {
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            script(connection)
            connection.drain()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let clock = ContinuousClock()
        let start = clock.now
        let request = Fetching.request(server(origin), body == .none ? "GET" : "POST", body: body)
        let transfer = await fetching.start(request, handler)
        for piece in send { transfer.send(ByteBuffer(string: piece)) }
        transfer.finishBody()
        let record = await handler.end()
        over?.fire()
        #expect(record.kind == kind)
        #expect(record.failure?.isTimeout == true)
        #expect(clock.now - start >= least)
        #expect(closed.wait())
    }

    @Test("no head: headTimeout, and the connection is closed")
    func head() async throws {
        try await expect(.headTimeout, after: .milliseconds(300), { Fetching.server($0, timeout: 300) }) {
            _ = $0.readHead()
        }
    }

    @Test(
        "half a head, or interim heads only, is no head",
        arguments: ["HTTP/1.1 200 OK\r\nX: 1\r\n", "HTTP/1.1 103 E\r\n\r\n"])
    func halfHead(_ bytes: String) async throws {
        try await expect(.headTimeout, after: .milliseconds(300), { Fetching.server($0, timeout: 300) }) {
            _ = $0.readHead()
            $0.write(bytes)
        }
    }

    @Test("a request body that goes on does not count for the head; its end starts the clock")
    func headAfterBody() async throws {
        let server: (ScriptedOrigin) -> OriginServer = { Fetching.server($0, timeout: 300) }
        try await expect(.headTimeout, after: .milliseconds(300), server, body: .chunked, send: ["abc"]) {
            _ = $0.readHead()
        }
    }

    @Test("nothing more of the body: idleTimeout")
    func idleBody() async throws {
        try await expect(.idleTimeout, after: .milliseconds(300), { Fetching.server($0, idleTimeout: 300) }) {
            _ = $0.readHead()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
        }
    }

    @Test("the origin takes nothing of the request body: idleTimeout")
    func idleUpload() async throws {
        let pieces = [String](repeating: String(repeating: "x", count: 1 << 20), count: 16)
        let over = Signal()
        let server: (ScriptedOrigin) -> OriginServer = { Fetching.server($0, idleTimeout: 300) }
        try await expect(
            .idleTimeout, after: .milliseconds(300), server, body: .length(16 << 20), send: pieces, over: over
        ) {
            _ = $0.readHead()
            over.wait()
        }
    }

    @Test("a client that gives no body is not the origin's fault: no timeout of ours")
    func slowClient() async throws {
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil, connection.read(4) == "late" else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let server = Fetching.server(origin, timeout: 200, idleTimeout: 200)
        let transfer = await fetching.start(Fetching.request(server, "POST", body: .length(4)), handler)
        // The other fetch takes longer than both timeouts and tells when.
        let silent = ScriptedOrigin { connection in connection.drain() }
        defer { silent.stop() }
        let clock = RecordingHandler(on: fetching.loop)
        _ = await fetching.start(Fetching.request(Fetching.server(silent, timeout: 600)), clock)
        #expect(await clock.end().kind == .headTimeout)
        #expect(!handler.record.isOver)
        transfer.send(ByteBuffer(string: "late"))
        #expect(await handler.end().text == "ok")
    }

    @Test("the time that we pause does not count")
    func pausedTime() async throws {
        let size = 16 << 20
        let go = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            go.wait()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            connection.write([UInt8](repeating: 0x78, count: size))
            connection.drain()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop, keepsBody: false)
        let server = Fetching.server(origin, idleTimeout: 200)
        let transfer = await fetching.start(Fetching.request(server), handler)
        transfer.pause()
        go.fire()
        let silent = ScriptedOrigin { connection in connection.drain() }
        defer { silent.stop() }
        let clock = RecordingHandler(on: fetching.loop)
        _ = await fetching.start(Fetching.request(Fetching.server(silent, timeout: 700)), clock)
        #expect(await clock.end().kind == .headTimeout)
        #expect(!handler.record.isOver && handler.record.bodyBytes < size)
        transfer.resume()
        #expect(await handler.end().bodyBytes == size)
    }

    @Test("a full accept queue: connectTimeout")
    func connect() async throws {
        // Nobody accepts: once the queue is full, Linux drops further SYNs.
        let full = FullListener()
        defer { full.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let server = OriginServer(scheme: .http, host: "127.0.0.1", port: full.port, connectTimeout: 300)
        _ = await fetching.start(Fetching.request(server), handler)
        let record = await handler.end()
        #expect(record.kind == .connectTimeout)
    }
}

/// A listening socket whose accept queue is full.
private final class FullListener {
    let port: Int
    private var sockets: [Int32] = []

    init() {
        let listener = ScriptedOrigin.listen(0)
        port = ScriptedOrigin.port(of: listener)
        sockets.append(listener)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        for _ in 0..<4 {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            sockets.append(socket)
        }
    }

    func stop() { for socket in sockets { close(socket) } }
}
