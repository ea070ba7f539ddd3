import Admin
import Foundation
import TestSupport
import Testing

@Suite("The admin server's life")
struct AdminServerTests {
    @Test("It stops when its task is cancelled, without an error, and its port is free again")
    func cancellation() async throws {
        // An address of its own: on the usual one another test may get the port that this one gives back.
        let address = try await withAdmin(host: "127.0.0.7") { address in
            let response = try await RawClient.get("/health", from: address)
            #expect(response.status == 200)
            return address
        }
        #expect(throws: TestFailure.self) { try RawClient(address) }
    }

    @Test("An idle connection does not hold up the stop")
    func idleConnection() async throws {
        let client = try await withAdmin { address in
            let client = try RawClient(address)
            let response = try await client.request("GET", "/health")
            #expect(response.status == 200)
            return client
        }
        #expect(await client.isClosedByPeer())
    }

    @Test("An address that is taken is an error")
    func taken() async throws {
        try await withAdmin { address in
            let second = AdminServer(
                configuration: AdminServer.Configuration(host: "127.0.0.1", port: Int(address.port), token: nil),
                control: ToldProxy())
            await #expect(throws: (any Error).self) { try await second.run { _ in } }
        }
    }

    @Test("A unix socket is served, whatever Host says")
    func unixSocket() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("admin.sock")
        let server = AdminServer(
            configuration: AdminServer.Configuration(address: .unix(path: path), token: nil), control: ToldProxy())
        let (bound, continuation) = AsyncStream<String>.makeStream()
        let task = Task { try await server.run { continuation.yield($0) } }
        for await text in bound {
            #expect(text == "unix:" + path)
            break
        }
        let answer = try await onThread {
            let curl = Process()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
            curl.arguments = [
                "-s", "--noproxy", "*", "--max-time", "20", "--unix-socket", path, "http://anything/health",
            ]
            let output = Pipe()
            curl.standardOutput = output
            try curl.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            curl.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        }
        #expect(answer == "{\"status\":\"ok\"}\n")
        task.cancel()
        try await task.value
    }
}
