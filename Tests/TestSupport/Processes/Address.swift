/// Where a server listens.
package struct Address: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: UInt16

    /// `HOST:PORT` or `[HOST]:PORT`.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        self.init(host: String(text[..<colon].filter { $0 != "[" && $0 != "]" }), port: port)
    }

    package init(host: String = "127.0.0.1", port: UInt16) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package func url(_ target: String) -> String { "http://\(self)\(target)" }
}

extension ProcessHandle {
    /// The address in the first line `PREFIX HOST:PORT` that it prints.
    func address(_ prefix: String) async throws -> Address {
        let line = try await line(startingWith: prefix)
        guard let address = Address(line.dropFirst(prefix.count).drop { $0 == " " }.prefix { $0 != " " }) else {
            throw failure("no address in \"\(line)\"")
        }
        return address
    }
}
