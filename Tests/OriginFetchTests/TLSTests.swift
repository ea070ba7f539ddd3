import CacheModel
import Foundation
import Glibc
import HTTPMessage
import OriginFetch
import TestSupport
import Testing

@Suite("https origins")
struct TLSTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let host: String
        let trusts: Bool
        let kind: OriginFailure.Kind?
        var testDescription: String { name }
    }

    @Test(
        "the certificate must be of a known authority and for the host",
        arguments: [
            Row(name: "trusted and for the host", host: "localhost", trusts: true, kind: nil),
            Row(name: "for another host", host: "127.0.0.1", trusts: true, kind: .tlsFailed),
            Row(name: "of an unknown authority", host: "localhost", trusts: false, kind: .tlsFailed),
        ])
    func certificate(_ row: Row) async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let authorities = row.trusts ? server.certificate : nil
        let fetching = try Fetching(CurlUpstream.Configuration(certificateAuthorities: authorities))
        let request = Fetching.request(OriginServer(scheme: .https, host: row.host, port: server.port))
        var record = RecordingHandler.Record()
        let limit = ContinuousClock.now + .seconds(10)
        // Until the server listens.
        repeat {
            let handler = RecordingHandler(on: fetching.loop)
            _ = await fetching.start(request, handler)
            record = await handler.end()
        } while record.kind == .connectFailed && ContinuousClock.now < limit
        #expect(record.kind == row.kind, "\(String(describing: record.failure))")
        if row.kind == nil {
            #expect(record.status == 200)
            // `s_server -www` shows what the client asked for.
            #expect(record.text.contains("TLSv1"))
        } else {
            #expect(record.heads.isEmpty)
        }
    }
}

/// `openssl s_server` on a free port with a self-signed certificate for `localhost`.
private final class TLSServer {
    let certificate: String
    let port: Int
    private let folder: URL
    private let process: Process

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("strata-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let maker = Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        try maker.run()
        maker.waitUntilExit()
        let socket = ScriptedOrigin.listen(1)
        port = ScriptedOrigin.port(of: socket)
        close(socket)
        process = Self.openssl(["s_server", "-www", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key])
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    private static func openssl(_ arguments: [String]) -> Process {
        let process = Process()
        // Without the descriptors of the tests beside this one: a child that holds their sockets keeps them open.
        let closing =
            #"for f in /proc/self/fd/*; do n=${f##*/}; [ $n -gt 2 ] && eval "exec $n>&-"; done; exec openssl "$@""#
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", closing, "openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }
}
