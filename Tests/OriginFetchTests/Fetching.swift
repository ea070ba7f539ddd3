import CacheModel
import Glibc
import HTTPMessage
import NIOCore
import OriginFetch
import TestSupport
import Testing

/// One upstream with its thread, for one test.
final class Fetching: Sendable {
    let upstream: CurlUpstream
    let loop = TestLoop.shared[0]

    init(_ configuration: CurlUpstream.Configuration = CurlUpstream.Configuration()) throws {
        Self.poisonEnvironment
        upstream = try CurlUpstream(configuration: configuration)
    }

    deinit { upstream.shutdown() }

    /// A proxy that is not there: whatever obeyed the environment would fail.
    private static let poisonEnvironment: Void = {
        for name in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
            setenv(name, "http://127.0.0.1:1", 1)
        }
    }()

    static func server(
        _ origin: ScriptedOrigin, connectTimeout: Int64 = 10_000, timeout: Int64 = 15_000, idleTimeout: Int64 = 15_000,
        keepalive: Int = 64
    ) -> OriginServer {
        OriginServer(
            scheme: .http, host: "127.0.0.1", port: origin.port, connectTimeout: connectTimeout, timeout: timeout,
            idleTimeout: idleTimeout, keepalive: keepalive)
    }

    static func request(
        _ server: OriginServer, _ method: String = "GET", _ target: String = "/",
        fields: [(String, String)] = [("Host", "a.test")], body: OriginRequest.Body = .none, mayRetry: Bool = false
    ) -> OriginRequest {
        OriginRequest(
            server: server, method: Array(method.utf8), target: Array(target.utf8), fields: FieldBlock(fields),
            body: body, mayRetry: mayRetry)
    }

    /// Starts a fetch on the loop, as the engine does.
    func start(_ request: OriginRequest, _ handler: RecordingHandler) async -> any OriginTransfer {
        await once(on: loop) { done in
            done(self.upstream.fetch(request, on: self.loop, handler: handler))
        }
    }

    /// A whole fetch without a request body.
    func get(
        _ origin: ScriptedOrigin, _ method: String = "GET", _ target: String = "/",
        fields: [(String, String)] = [("Host", "a.test")], mayRetry: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async -> RecordingHandler.Record {
        let handler = RecordingHandler(on: loop)
        let request = Self.request(Self.server(origin), method, target, fields: fields, mayRetry: mayRetry)
        _ = await start(request, handler)
        return await handler.end(sourceLocation: sourceLocation)
    }

    /// A whole fetch with a request body in these pieces.
    func send(
        _ origin: ScriptedOrigin, _ method: String = "POST", body: OriginRequest.Body, pieces: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async -> RecordingHandler.Record {
        let handler = RecordingHandler(on: loop)
        let transfer = await start(Self.request(Self.server(origin), method, body: body), handler)
        for piece in pieces { transfer.send(ByteBuffer(string: piece)) }
        transfer.finishBody()
        return await handler.end(sourceLocation: sourceLocation)
    }

    /// Runs on the loop and returns there.
    func onLoop<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await once(on: loop) { done in done(work()) }
    }
}
