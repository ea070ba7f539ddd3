/// What a member of the fleet announces: a counter that it raises with each contact, its applied position, and its
/// `purge.max_blind`. The text is `counter epoch n milliseconds`, the epoch in hex; `left` after it has closed.
package struct Announcement: Sendable, Hashable {
    package var counter: UInt64
    package var applied: Position
    package var maxBlind: Int64

    package init(counter: UInt64, applied: Position, maxBlind: Int64) {
        self.counter = counter
        self.applied = applied
        self.maxBlind = maxBlind
    }

    package static let left = "left"

    package var text: String {
        "\(counter) \(String(applied.epoch, radix: 16)) \(applied.n) \(maxBlind)"
    }

    package init?(text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, let counter = UInt64(parts[0]), let epoch = UInt64(parts[1], radix: 16),
            let n = UInt64(parts[2]), let maxBlind = Int64(parts[3]), (0...86_400_000).contains(maxBlind)
        else { return nil }
        self.init(counter: counter, applied: Position(epoch: epoch, n: n), maxBlind: maxBlind)
    }
}

/// The fleet as one instance has seen it (rule 16). A member is live until this instance's own clock has seen its counter
/// unchanged for the longer of both `purge.max_blind` and 5 s more: from then on it validates whatever it serves. One
/// that is missing from the list is not gone: the list may have been lost. Times are milliseconds of CLOCK_BOOTTIME.
package struct Members: Sendable {
    private struct Member {
        /// What it announced last; nil: it is not in the list any more.
        var text: String
        var isListed = true
        var announcement: Announcement?
        /// When the answer came that had this text first.
        var since: Int64
        /// When the newest question was sent that found it unchanged.
        var until: Int64

        var hasLeft: Bool { text == Announcement.left }
    }

    private let own: UInt64
    private let maxBlind: Int64
    private var members: [UInt64: Member] = [:]
    private var isFirst = true
    private let hadEarlierLife: Bool
    /// Until then there may be a live member that this instance has not heard of.
    private var unsettledUntil: Int64 = .min
    private var now: Int64 = .min

    /// Added to `purge.max_blind`: for requests that were under way, and for clocks that go at slightly different speeds.
    package static let margin: Int64 = 5000
    /// A silent member is taken off the list after this long.
    private static let forgetting: Int64 = 3_600_000

    /// - Parameters:
    ///   - own: this instance's id.
    ///   - hadEarlierLife: this instance knew a fleet before it was started, which it has forgotten.
    package init(own: UInt64, maxBlind: Int64, hadEarlierLife: Bool) {
        self.own = own
        self.maxBlind = maxBlind
        self.hadEarlierLife = hadEarlierLife
    }

    /// Takes in the list.
    /// - Parameter age: milliseconds since the list was made.
    package mutating func observe(_ list: [UInt64: String], age: Int64, sent: Int64, received: Int64) {
        now = received
        if isFirst, hadEarlierLife, age < maxBlind + Self.margin {
            // The list was lost, and whoever does not know of it may not be back on it.
            unsettledUntil = received + maxBlind + Self.margin - max(0, age)
        }
        isFirst = false
        for (id, text) in list where id != own {
            if members[id]?.text == text {
                members[id]?.until = sent
                members[id]?.isListed = true
            } else {
                members[id] = Member(
                    text: text, announcement: Announcement(text: text), since: received, until: sent)
            }
        }
        for id in members.keys where list[id] == nil {
            members[id]?.until = sent
            members[id]?.isListed = false
            if let member = members[id], member.hasLeft || isSilent(member) { members[id] = nil }
        }
    }

    private func isSilent(_ member: Member) -> Bool {
        member.until - member.since >= max(maxBlind, member.announcement?.maxBlind ?? 0) + Self.margin
    }

    /// How many instances there are, and how many of the live ones have applied the record at `position`. One that follows
    /// another life of the log has not: it may have asked the origin before the purge, and after it began to follow.
    package func counts(for position: Position) -> InstanceCounts {
        var counts = InstanceCounts(live: 1, applied: 1, silent: 0)
        for member in members.values where !member.hasLeft {
            guard !isSilent(member) else {
                counts.silent += 1
                continue
            }
            counts.live += 1
            guard let applied = member.announcement?.applied else { continue }
            if applied.epoch == position.epoch, applied.n >= position.n { counts.applied += 1 }
        }
        if now < unsettledUntil { counts.live += 1 }
        return counts
    }

    /// Members that nobody needs on the list any more, with what has to be there still when they are taken off.
    package var forgettable: [(id: UInt64, text: String)] {
        members.filter { $0.value.isListed && $0.value.until - $0.value.since >= Self.forgetting }
            .map { ($0.key, $0.value.text) }
    }
}
