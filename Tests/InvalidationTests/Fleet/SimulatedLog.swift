import Invalidation

/// What the scripts do, in Swift: the log's home in the model of a fleet. `RedisTierTests` compares the two.
struct SimulatedLog {
    var epoch: UInt64?
    var n: UInt64 = 0
    var floor: UInt64 = 0
    /// Whose table it is; nil: it was thrown away.
    var tableEpoch: UInt64?
    var table: [Selector: SelectorMarks] = [:]
    var feed: [FeedItem] = []
    var members: [UInt64: String] = [:]
    var membersSince: Int64?
    var feedLength = 64

    private mutating func begin(_ new: UInt64) {
        guard epoch == nil || tableEpoch != epoch else { return }
        (epoch, n, floor, table, feed) = (new, 0, 0, [:], [])
        tableEpoch = new
    }

    private func nonce(_ n: UInt64) -> UInt64? { feed.first { $0.n == n }?.nonce }

    mutating func contact(
        _ request: ContactRequest, member: UInt64, announcement: String, predecessor: UInt64?, now: Int64
    ) -> (reply: ContactReply, members: [UInt64: String], age: Int64) {
        begin(request.newEpoch)
        if membersSince == nil { membersSince = now }
        members[member] = announcement
        if let predecessor { members[predecessor] = Announcement.left }
        let reply = ContactReply(
            epoch: epoch!, n: n, floor: floor, nonceAtMark: nonce(request.mark), newestNonce: nonce(n))
        return (reply, members, now - membersSince!)
    }

    mutating func append(_ record: InvalidationRecord, newEpoch: UInt64) -> Position {
        begin(newEpoch)
        n += 1
        var record = record
        record.n = n
        for selector in record.selectors {
            table[selector, default: SelectorMarks()].note(
                record.mode, record.cause, SelectorMarks.Mark(n: n, acceptedAt: record.acceptedAt))
        }
        feed.append(FeedItem(epoch: epoch!, n: n, nonce: record.nonce, record: record))
        if feed.count > feedLength { feed.removeFirst(feed.count - feedLength) }
        return Position(epoch: epoch!, n: n)
    }

    mutating func replaceEpoch(old: UInt64, new: UInt64, nonce: UInt64) {
        guard epoch == old else { return }
        n += 1
        (epoch, floor, table) = (new, n, [:])
        tableEpoch = new
        feed = [FeedItem(epoch: new, n: n, nonce: nonce, record: nil)]
    }

    func read(after n: UInt64) -> [FeedItem] { Array(feed.filter { $0.n > n }.prefix(4)) }

    /// A part of the table; selectors that come or go while it is read are found or not.
    func scan(cursor: [UInt8]) -> ScanReply {
        let at = Int(String(decoding: cursor, as: UTF8.self)) ?? 0
        let all = table.sorted { "\($0.key)" < "\($1.key)" }
        let part = all.dropFirst(at).prefix(3)
        let end = at + part.count
        return ScanReply(
            cursor: end < all.count ? Array("\(end)".utf8) : nil,
            marks: part.map { (selector: $0.key, marks: $0.value) })
    }

    /// Drops the records of purges up to `n`, as `trim` does.
    mutating func trim(upTo n: UInt64) {
        floor = max(floor, n)
        for (selector, marks) in table {
            var marks = marks
            if marks.hard.n <= n { marks.hard = SelectorMarks.Mark() }
            if marks.soft.n <= n { marks.soft = SelectorMarks.Mark() }
            table[selector] = marks.newest == 0 ? nil : marks
        }
    }

    mutating func flush() {
        let length = feedLength
        self = SimulatedLog()
        feedLength = length
    }
}
