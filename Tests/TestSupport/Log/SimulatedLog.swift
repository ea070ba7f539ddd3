package import Invalidation

/// What the scripts of the log do, in Swift: its home in the model of a fleet. `RedisTierTests` (`SimulatedLogTests`)
/// compares the two, command by command.
package struct SimulatedLog: Sendable {
    package var epoch: UInt64?
    package var n: UInt64 = 0
    package var floor: UInt64 = 0
    /// Whose table it is; nil: it was thrown away.
    package var tableEpoch: UInt64?
    package var table: [Selector: SelectorMarks] = [:]
    package var feed: [FeedItem] = []
    package var members: [UInt64: String] = [:]
    package var membersSince: Int64?
    package var feedLength = 64
    /// Elements in one answer.
    package var readCount = 4

    package init() {}

    private mutating func begin(_ new: UInt64) {
        guard epoch == nil || tableEpoch != epoch else { return }
        (epoch, n, floor, table, feed) = (new, 0, 0, [:], [])
        tableEpoch = new
    }

    private func nonce(_ n: UInt64) -> UInt64? { feed.first { $0.n == n }?.nonce }

    package mutating func contact(
        _ request: ContactRequest, member: UInt64, announcement: String, predecessor: UInt64?,
        forget: [(id: UInt64, text: String)] = [], now: Int64
    ) -> (reply: ContactReply, members: [UInt64: String], age: Int64) {
        begin(request.newEpoch)
        if membersSince == nil { membersSince = now }
        members[member] = announcement
        if let predecessor { members[predecessor] = Announcement.left }
        for (id, text) in forget where members[id] == text { members[id] = nil }
        let reply = ContactReply(
            epoch: epoch!, n: n, floor: floor, nonceAtMark: nonce(request.mark), newestNonce: nonce(n))
        return (reply, members, now - membersSince!)
    }

    package mutating func append(_ record: InvalidationRecord, newEpoch: UInt64) -> Position {
        begin(newEpoch)
        n += 1
        var record = record
        record.n = n
        for selector in record.selectors {
            table[selector, default: SelectorMarks()].note(
                record.mode, record.cause, SelectorMarks.Mark(n: n, acceptedAt: record.acceptedAt))
        }
        // Of another past: what is behind it can't follow.
        if let last = feed.last, last.n >= n { feed = [] }
        feed.append(FeedItem(epoch: epoch!, n: n, nonce: record.nonce, record: record))
        if feed.count > feedLength { feed.removeFirst(feed.count - feedLength) }
        return Position(epoch: epoch!, n: n)
    }

    package mutating func replaceEpoch(old: UInt64, new: UInt64, nonce: UInt64) {
        guard epoch == old else { return }
        n += 1
        (epoch, floor, table) = (new, n, [:])
        tableEpoch = new
        feed = [FeedItem(epoch: new, n: n, nonce: nonce, record: nil)]
    }

    package func read(after n: UInt64) -> [FeedItem] { Array(feed.filter { $0.n > n }.prefix(readCount)) }

    /// A part of the table; selectors that come or go while it is read are found or not.
    package func scan(cursor: [UInt8]) -> ScanReply {
        let at = Int(String(decoding: cursor, as: UTF8.self)) ?? 0
        let all = table.sorted { "\($0.key)" < "\($1.key)" }
        let part = all.dropFirst(at).prefix(3)
        let end = at + part.count
        return ScanReply(
            cursor: end < all.count ? Array("\(end)".utf8) : nil,
            marks: part.map { (selector: $0.key, marks: $0.value) })
    }

    /// Drops the records of purges up to `n`.
    package mutating func trim(upTo n: UInt64) {
        _ = trim(epoch: epoch ?? 0, floor: n, purged: Array(table.keys), unsafeMethods: [])
    }

    /// Raises the floor and drops what purges up to it left under these selectors, and these records of unsafe methods.
    package mutating func trim(
        epoch: UInt64, floor: UInt64, purged: [Selector], unsafeMethods: [(selector: Selector, n: UInt64)]
    ) -> Bool {
        guard self.epoch == epoch else { return false }
        self.floor = max(self.floor, floor)
        for selector in purged {
            guard var marks = table[selector] else { continue }
            if marks.hard.n <= floor { marks.hard = SelectorMarks.Mark() }
            if marks.soft.n <= floor { marks.soft = SelectorMarks.Mark() }
            table[selector] = marks.newest == 0 ? nil : marks
        }
        for (selector, n) in unsafeMethods {
            guard var marks = table[selector], marks.unsafeMethod.n == n else { continue }
            marks.unsafeMethod = SelectorMarks.Mark()
            table[selector] = marks.newest == 0 ? nil : marks
        }
        return true
    }

    package mutating func flush() {
        let (length, count) = (feedLength, readCount)
        self = SimulatedLog()
        (feedLength, readCount) = (length, count)
    }
}
