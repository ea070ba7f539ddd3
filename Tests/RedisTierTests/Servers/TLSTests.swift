import CacheModel
import RedisLocation
import RedisTier
import TestSupport
import Testing

/// TLS to a real server, with certificates made for the test.
@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    struct Certificates: Sendable {
        let folder: TemporaryFolder

        /// An authority, a server certificate for that name, and a client certificate.
        init(for name: String) async throws {
            folder = try TemporaryFolder()
            try await make(
                ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem"], "/CN=ca")
            for (file, subject) in [("server", name), ("client", "DNS:client")] {
                try await make(
                    ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(file).key", "-out", "\(file).csr"],
                    "/CN=\(file)")
                try folder.write("subjectAltName=\(subject)\n", to: "\(file).ext")
                try await run([
                    "x509", "-req", "-in", "\(file).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "2", "-extfile", "\(file).ext", "-out", "\(file).pem",
                ])
            }
        }

        private func make(_ arguments: [String], _ subject: String) async throws {
            try await run(arguments + (arguments.contains("-x509") ? ["-days", "2"] : []) + ["-subj", subject])
        }

        private func run(_ arguments: [String]) async throws {
            let named = arguments.map { word in
                [".key", ".pem", ".csr", ".ext"].contains { word.hasSuffix($0) } ? folder.path(word) : word
            }
            let exit = try await ProcessHandle.start("/usr/bin/openssl", named).exit()
            #expect(exit == .exit(0), "openssl \(arguments)")
        }

        func server(clients: String = "no") throws -> RedisServer {
            let port = try RedisServer.freePort()
            return try RedisServer.start(
                arguments: [
                    "--tls-port", "\(port)", "--tls-cert-file", folder.path("server.pem"), "--tls-key-file",
                    folder.path("server.key"), "--tls-ca-cert-file", folder.path("ca.pem"), "--tls-auth-clients",
                    clients,
                ])
        }
    }

    private static func configuration(_ server: RedisServer, _ tls: RedisTLS) throws -> RedisTierConfiguration {
        guard case .array(let found) = try server.command("CONFIG", "GET", "tls-port"), let port = found.last?.text
        else { throw NotInTime(what: "tls-port") }
        var configuration = try RedisTierConfiguration(url: "rediss://127.0.0.1:\(port)")
        configuration.timeoutMilliseconds = 5000
        configuration.connectTimeoutMilliseconds = 10_000
        configuration.tls = tls
        return configuration
    }

    @Test("records go by TLS, with the certificate checked against the authority given, small and large")
    func trusted() async throws {
        let certificates = try await Certificates(for: "IP:127.0.0.1")
        let server = try certificates.server()
        let tls = RedisTLS(authorities: certificates.folder.path("ca.pem"))
        try await Fixture.connected(try Self.configuration(server, tls)) { fixture in
            for size in [10, 700_000] {
                let key = key("/tls-\(size)")
                #expect(await fixture.write(response(key, body: body(size)), key) == .stored)
                #expect(await fixture.read(key).body == body(size))
            }
        }
    }

    @Test("a server that wants to see a certificate gets ours")
    func clientCertificate() async throws {
        let certificates = try await Certificates(for: "IP:127.0.0.1")
        let server = try certificates.server(clients: "yes")
        let tls = RedisTLS(
            authorities: certificates.folder.path("ca.pem"), certificate: certificates.folder.path("client.pem"),
            key: certificates.folder.path("client.key"))
        try await Fixture.connected(try Self.configuration(server, tls)) { fixture in
            #expect(await fixture.write(response(key("/c"), body: [1]), key("/c")) == .stored)
        }
    }

    enum Trust: String, CaseIterable, Sendable { case system, otherName, chain, none }

    @Test(
        "an unknown authority and another host's name are refused unless the configuration says so",
        arguments: Trust.allCases)
    func untrusted(trust: Trust) async throws {
        let certificates = try await Certificates(for: "DNS:elsewhere.example")
        let server = try certificates.server()
        let authorities = certificates.folder.path("ca.pem")
        let tls: RedisTLS =
            switch trust {
            case .system: RedisTLS()
            case .otherName: RedisTLS(authorities: authorities)
            case .chain: RedisTLS(authorities: authorities, verification: .chain)
            case .none: RedisTLS(verification: .none)
            }
        try await Fixture.running(try Self.configuration(server, tls)) { fixture in
            switch trust {
            case .system, .otherName:
                try await eventually("the log says why") {
                    fixture.logs.all.contains { $0.hasPrefix("warning redis is down") && $0.contains("reason=") }
                }
                #expect(fixture.tier.details().connects == 0)
                #expect(await fixture.read(key("/a")).failure == .disconnected)
            case .chain, .none:
                try await eventually("it is up") { fixture.isReady }
                #expect(await fixture.read(key("/a")).isMiss)
            }
        }
    }

    @Test("files that can't be used are named")
    func badFiles() async throws {
        let folder = try TemporaryFolder()
        try folder.write("no certificate\n", to: "empty.pem")
        for tls in [
            RedisTLS(authorities: folder.path("missing.pem")), RedisTLS(authorities: folder.path("empty.pem")),
            RedisTLS(certificate: folder.path("missing.pem"), key: folder.path("empty.pem")),
        ] {
            var configuration = RedisTierConfiguration()
            configuration.tls = tls
            do {
                try configuration.checkFiles()
                Issue.record("\(tls) passed")
            } catch { #expect(error.description.contains(".pem can't be used for TLS to Redis: ")) }
        }
        var half = RedisTierConfiguration()
        half.tls = RedisTLS(certificate: folder.path("empty.pem"))
        #expect(throws: RedisConfigurationError.certificateWithoutKey) { try half.checkFiles() }
    }
}
