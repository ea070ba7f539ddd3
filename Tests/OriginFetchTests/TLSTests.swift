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
        exec </dev/null >/dev/null 2>&1
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost -keyout "$1/key.pem" -out "$1/cert.pem" &&
        exec openssl s_server -www -accept "127.0.0.1:$2" -cert "$1/cert.pem" -key "$1/key.pem"
        """#

    init() throws {
        var template = Array("/tmp/strata-tls-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        certificate = folder + "/cert.pem"
        let socket = ScriptedOrigin.listen(1)
        port = ScriptedOrigin.port(of: socket)
        close(socket)
        let words: [String] = ["bash", "-c", Self.script, "bash", folder, String(port)]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        let code = posix_spawn(&child, "/bin/bash", nil, nil, &arguments, environ)
        for argument in arguments { free(argument) }
        try #require(code == 0)
    }

    func stop() {
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        for name in ["key.pem", "cert.pem"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}
