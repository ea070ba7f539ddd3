internal import NIOCore
package import RedisLocation

/// A cluster's answer to CLUSTER SLOTS: who is master of which slots.
package struct SlotRanges: Sendable, Equatable {
    package struct Range: Sendable, Equatable {
        package var slots: ClosedRange<Int>
        package var master: RedisAddress

        package init(slots: ClosedRange<Int>, master: RedisAddress) {
            self.slots = slots
            self.master = master
        }
    }

    package var ranges: [Range]

    /// Nil when the reply is not one, or no slot is served. Entries look like
    /// `[first, last, [host, port, id, …], [replica…], …]`; a null host means the server that was asked.
    package init?(_ reply: Reply, asked: RedisAddress) {
        guard case .array(let entries) = reply, !entries.isEmpty else { return nil }
        ranges = []
        for entry in entries {
            guard case .array(let parts) = entry, parts.count >= 3, case .integer(let first) = parts[0],
                case .integer(let last) = parts[1], 0 <= first, first <= last, last < SlotHash.count,
                case .array(let master) = parts[2], master.count >= 2, case .integer(let port) = master[1],
                let port = Int(exactly: port),
                let address = RedisAddress(announced: master[0].text ?? "", port: port, asked: asked)
            else { return nil }
            ranges.append(Range(slots: Int(first)...Int(last), master: address))
        }
    }
}

extension Reply {
    /// Of a status or a string.
    var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(buffer: bytes)
        default: nil
        }
    }
}
