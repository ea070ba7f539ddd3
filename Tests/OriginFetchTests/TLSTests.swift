import CacheModel
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
        let handler = RecordingHandler(on: fetching.loop)
        _ = await fetching.start(request, handler)
        let record = await handler.end()
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

/// `openssl s_server` on a free port with a self-signed certificate for `localhost`. Spawned by hand: Foundation's
/// `Process` waits for its child on a run loop, which the tests' threads have none of.
private final class TLSServer {
    let certificate: String
    let port: Int
    private let folder: String
    private var child: pid_t = 0

    /// First closes the descriptors of the tests beside this one: a child that holds their sockets keeps them open.
    private static let script = #"""
        for f in /proc/self/fd/*; do n=${f##*/}; [ $n -gt 2 ] && eval "exec $n>&-"; done
        exec </dev/null 2>/dev/null
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost -keyout "$1/key.pem" -out "$1/cert.pem" &&
        exec openssl s_server -www -accept 127.0.0.1:0 -cert "$1/cert.pem" -key "$1/key.pem"
        """#

    init() throws {
        var template = Array("/tmp/strata-tls-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        certificate = folder + "/cert.pem"
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let words: [String] = ["bash", "-c", Self.script, "bash", folder]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        let code = posix_spawn(&child, "/bin/bash", &actions, nil, &arguments, environ)
        for argument in arguments { free(argument) }
        close(ends[1])
        try #require(code == 0)
        port = try #require(Self.readPort(ends[0]))
    }

    /// From "ACCEPT 127.0.0.1:12345", which is written once the server listens.
    private static func readPort(_ pipe: Int32) -> Int? {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = read(pipe, &buffer, buffer.count)
            guard count > 0 else { return nil }
            text.append(contentsOf: buffer.prefix(count))
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            if let line = lines.dropLast().first(where: { $0.hasPrefix("ACCEPT") }) {
                return line.split(separator: ":").last.flatMap { Int($0) }
            }
        }
    }

    func stop() {
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        for name in ["key.pem", "cert.pem"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}
