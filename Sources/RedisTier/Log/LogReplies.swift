internal import Invalidation
internal import NIOCore

/// What the server answers to the log's commands, read strictly; nil is no such answer. What a newer version wrote and
/// this one does not know is taken for the widest purge: nothing that it may name is served.
enum LogReplies {
    struct Contact {
        var reply: ContactReply
        var members: [UInt64: String]
        /// Milliseconds since the list of members was made.
        var age: Int64
    }

    static func contact(_ reply: Reply) -> Contact? {
        guard case .array(let parts) = reply, parts.count == 7, let epoch = hex(parts[0]), let n = number(parts[1]),
            let floor = number(parts[2]), case .bulk(let mark) = parts[3], case .bulk(let newest) = parts[4],
            case .bulk(let age) = parts[5], let seconds = Int64(String(buffer: age)), case .array(let list) = parts[6],
            list.count.isMultiple(of: 2)
        else { return nil }
        var members: [UInt64: String] = [:]
        for index in stride(from: 0, to: list.count, by: 2) {
            guard case .bulk(let text) = list[index + 1] else { return nil }
            // The key `!` is the list's own age.
            if let id = hex(list[index]) { members[id] = String(buffer: text) }
        }
        return Contact(
            reply: ContactReply(
                epoch: epoch, n: n, floor: floor, nonceAtMark: hex(mark), newestNonce: hex(newest)),
            members: members, age: seconds.multipliedReportingOverflow(by: 1000).partialValue)
    }

    /// `XREAD` of one stream.
    static func feed(_ reply: Reply) -> [FeedItem]? {
        switch reply {
        case .null: return []
        case .array(let streams):
            guard streams.count == 1, case .array(let stream) = streams[0], stream.count == 2,
                case .array(let entries) = stream[1]
            else { return nil }
            var items: [FeedItem] = []
            for entry in entries {
                guard let item = item(entry) else { return nil }
                items.append(item)
            }
            return items
        default: return nil
        }
    }

    private static func item(_ entry: Reply) -> FeedItem? {
        guard case .array(let parts) = entry, parts.count == 2, case .bulk(let id) = parts[0],
            case .array(let fields) = parts[1], fields.count == 4 || fields.count == 6
        else { return nil }
        let name = String(buffer: id)
        guard name.hasSuffix("-0"), let n = UInt64(name.dropLast(2)), let epoch = hex(fields[1]),
            let nonce = hex(fields[3])
        else { return nil }
        guard fields.count == 6 else { return FeedItem(epoch: epoch, n: n, nonce: nonce, record: nil) }
        guard case .bulk(let bytes) = fields[5] else { return nil }
        var record =
            RecordBytes.decode(Array(bytes.readableBytesView))
            ?? InvalidationRecord(n: n, nonce: nonce, mode: .hard, selectors: [.all], acceptedAt: 0)
        record.n = n
        record.nonce = nonce
        return FeedItem(epoch: epoch, n: n, nonce: nonce, record: record)
    }

    static func scan(_ reply: Reply) -> ScanReply? {
        guard case .array(let parts) = reply, parts.count == 2, case .bulk(let cursor) = parts[0],
            case .array(let list) = parts[1], list.count.isMultiple(of: 2)
        else { return nil }
        let next = Array(cursor.readableBytesView)
        guard !next.isEmpty, next.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var found: [(Selector, SelectorMarks)] = []
        for index in stride(from: 0, to: list.count, by: 2) {
            guard case .bulk(let field) = list[index], case .bulk(let value) = list[index + 1] else { return nil }
            let name = Array(field.readableBytesView)
            // The key `!` says whose table it is.
            if name == [0x21] { continue }
            guard let marks = marks(String(buffer: value)) else { return nil }
            found.append((RecordBytes.decodeSelector(name) ?? .all, marks))
        }
        return ScanReply(cursor: next == [0x30] ? nil : next, marks: found)
    }

    private static func marks(_ text: String) -> SelectorMarks? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var marks: [SelectorMarks.Mark] = []
        for index in stride(from: 0, to: 6, by: 2) {
            guard let n = UInt64(parts[index]), let at = Int64(parts[index + 1]) else { return nil }
            marks.append(SelectorMarks.Mark(n: n, acceptedAt: at))
        }
        return SelectorMarks(hard: marks[0], soft: marks[1], unsafeMethod: marks[2])
    }

    /// Epoch and n of an append.
    static func position(_ reply: Reply) -> Position? {
        guard case .array(let parts) = reply, parts.count == 2, let epoch = hex(parts[0]), let n = number(parts[1])
        else { return nil }
        return Position(epoch: epoch, n: n)
    }

    // MARK: Numbers

    static func text(hex value: UInt64) -> ByteBuffer {
        let digits = String(value, radix: 16)
        return ByteBuffer(string: String(repeating: "0", count: 16 - digits.utf8.count) + digits)
    }

    private static func hex(_ reply: Reply) -> UInt64? {
        guard case .bulk(let bytes) = reply else { return nil }
        return hex(bytes)
    }

    private static func hex(_ bytes: ByteBuffer) -> UInt64? {
        guard bytes.readableBytes == 16 else { return nil }
        return UInt64(String(buffer: bytes), radix: 16)
    }

    private static func number(_ reply: Reply) -> UInt64? {
        guard case .bulk(let bytes) = reply else { return nil }
        return UInt64(String(buffer: bytes))
    }
}
