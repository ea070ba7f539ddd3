package import RedisLocation

/// What a node of a cluster, or a server that is no longer the master, says instead of an answer.
package enum Redirection: Sendable, Equatable {
    /// The slot is there now.
    case moved(slot: Int, RedisAddress)
    /// This key may be there; the slot is on its way.
    case ask(RedisAddress)
    /// The server is a replica.
    case readOnly

    /// - Parameter asked: who said it; a redirection without a host means the same one.
    package init?(_ error: String, asked: RedisAddress) {
        let words = error.split(separator: " ")
        switch words.first {
        case "READONLY": self = .readOnly
        case "MOVED", "ASK":
            guard words.count == 3, let slot = Int(words[1]), (0..<SlotHash.count).contains(slot),
                let address = Self.address(words[2], asked: asked)
            else { return nil }
            self = words[0] == "MOVED" ? .moved(slot: slot, address) : .ask(address)
        // A script's error wraps the one that its call met (Redis before 7).
        case "ERR" where error.contains("-READONLY "): self = .readOnly
        default: return nil
        }
    }

    private static func address(_ text: Substring, asked: RedisAddress) -> RedisAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return nil }
        return RedisAddress(announced: String(text[..<colon]), port: port, asked: asked)
    }
}

extension RedisAddress {
    /// An address as a server gives it; nil when it is none. An empty host and `?` stand for the server's own.
    init?(announced host: String, port: Int, asked: RedisAddress) {
        guard (1...65535).contains(port) else { return nil }
        var host = host
        if host.isEmpty || host == "?" {
            guard case .host(let same, _) = asked else { return nil }
            host = same
        }
        guard host.utf8.count <= 255, host.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        self = .host(host, port: port)
    }
}
