internal import Foundation

/// A `FixtureOrigin` of a test's own.
package final class Origin: Sendable {
    package let process: ProcessHandle
    package let address: Address

    private init(_ process: ProcessHandle, _ address: Address) {
        self.process = process
        self.address = address
    }

    /// Starts one; `port` 0 takes a free port (another one restarts a server where it was).
    package static func start(port: UInt16 = 0) async throws -> Origin {
        guard port != 0 else { return try await launch(port) }
        // A client that looked for the origin on the port that it had may hold that for a moment, as the source of its
        // connection.
        for _ in 0..<20 {
            if let origin = try? await launch(port) { return origin }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try await launch(port)
    }

    private static func launch(_ port: UInt16) async throws -> Origin {
        let process = try await ProcessHandle.start(
            "FixtureOrigin",
            [
                "--listen", "127.0.0.1:\(port)", "--site", Repository.path("fixtures/site"), "--messages",
                Repository.path("fixtures/messages"),
            ])
        return Origin(process, try await process.address("listening on"))
    }

    package func url(_ target: String) -> String { address.url(target) }

    /// How many requests for this target (path and query) reached it; `of` is `requests`, `completed`, `aborted` or a
    /// method.
    package func count(_ target: String, of what: String = "requests") async throws -> Int {
        let text = try await ask("/_count?of=\(what)&url=\(target)")
        guard let count = Int(text) else { throw TestFailure("no number: \(text)") }
        return count
    }

    /// Raises the version that versioned pages show, and returns it.
    @discardableResult
    package func bump() async throws -> Int { Int(try await ask("/_bump")) ?? 0 }

    /// Connections that it accepted so far; this question opens one more.
    package func connections() async throws -> Int { Int(try await ask("/_connections")) ?? 0 }

    package func reset() async throws { _ = try await ask("/_reset") }

    private func ask(_ target: String) async throws -> String {
        let response = try await RawClient.get(target, from: address)
        guard response.status == 200 else { throw TestFailure("origin: \(target): \(response.status)") }
        return response.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The repository that these tests were built from.
package enum Repository {
    package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    package static func path(_ name: String) -> String { root + "/" + name }
}
