/// What this instance accepted and how far it has come (rules 14, 16 and 17), without the way: events in, actions out.
/// `now` is milliseconds of CLOCK_BOOTTIME.
///
/// A purge is kept on this instance's disk and sent to the log, both at once. It is answered when it has come back by the
/// tail and the members were read after that; or, with the log away, when it is kept and applied here as a local record.
/// What is not known to be in the log is sent again whenever the log comes back.
package struct Outbox: Sendable {
    package enum Action: Sendable {
        case keep(InvalidationRecord)
        case append(InvalidationRecord)
        case confirm(nonce: UInt64, Position)
        case answer(caller: UInt64, Result<LogReceipt, LogFailure>)
    }

    package enum AppendOutcome: Sendable {
        case logged
        /// The log took it for sure not, or nobody knows.
        case failed(String)
    }

    private struct Caller {
        var id: UInt64
        var wait: Int64
        var accepted: Int64
    }

    private struct Entry {
        var record: InvalidationRecord
        /// On disk; nil: not yet.
        var isKept: Bool?
        var whyNotKept = ""
        /// Sent, and not answered yet.
        var isOut = false
        var sent: Int64 = .min
        var failure: String?
        var caller: Caller?
        /// As the table has it while it is not in the log.
        var pending: InvalidationRecord?
        /// Where it came back by the tail.
        var position: Position?
        /// The number of the newest contact that was begun by then.
        var contact: UInt64 = 0
    }

    /// Records in the log that are kept, in case it loses them.
    package static let keptRecords = 1000
    /// Records of unsafe methods that wait for the log.
    package static let unsafeMethodQuota = 1000
    /// After this long a caller is told that the log did not say.
    package static let patience: Int64 = 2000

    /// Records that may be on their way to the tail: far fewer than the feed keeps, or a long backlog would push itself
    /// out of the feed before the tail has seen it.
    private let window: Int
    private var entries: [UInt64: Entry] = [:]
    /// Not known to be in the log, in the order of acceptance.
    private var unconfirmed: [UInt64] = []
    private var confirmed: [OwnRecord] = []
    private var isReachable = false
    /// As the members were read last, when nobody but this instance has applied a record.
    private var alone = InstanceCounts(live: 1, applied: 1, silent: 0)
    package private(set) var droppedUnsafeMethods: UInt64 = 0

    package init(window: Int = 128) { self.window = window }

    /// Takes over what the process before had accepted: until it is in the log it selects whatever this process has not
    /// requested itself.
    /// - Parameter epoch: the life of the log that the process before followed last. It may have ended before it had sent
    ///   again what was in the life before that one, and no `restarted` will say so.
    package mutating func restore(_ own: [OwnRecord], followed epoch: UInt64?, table: InvalidationTable) {
        var spare = own.count { $0.position != nil } - Self.keptRecords
        for item in own {
            if item.position != nil, spare > 0 {
                spare -= 1
            } else if let position = item.position, position.epoch == epoch {
                confirmed.append(item)
            } else {
                var entry = Entry(record: item.record, isKept: true)
                entry.pending = table.applyPending(item.record)
                entries[item.record.nonce] = entry
                unconfirmed.append(item.record.nonce)
            }
        }
    }

    /// Someone waits for the others, or for the members to be read.
    package var isAwaitingMembers: Bool { entries.values.contains { $0.position != nil } }

    /// When `tick` has something to do; nil: nothing.
    package var nextDeadline: Int64? { entries.values.compactMap { $0.caller.map(Self.deadline) }.min() }

    private static func deadline(_ caller: Caller) -> Int64 { caller.accepted + max(caller.wait, patience) }

    // MARK: Accepting

    package mutating func accept(
        _ record: InvalidationRecord, caller: UInt64, wait: Int64, now: Int64, table: InvalidationTable
    ) -> [Action] {
        entries[record.nonce] = Entry(record: record, caller: Caller(id: caller, wait: wait, accepted: now))
        unconfirmed.append(record.nonce)
        let keep = record.cause == .purge ? [Action.keep(record)] : []
        return keep + pump(now: now) + settle(record.nonce, now: now, table: table)
    }

    package mutating func kept(
        _ nonce: UInt64, failure: LogFailure?, now: Int64, table: InvalidationTable
    ) -> [Action] {
        guard entries[nonce] != nil else { return [] }
        entries[nonce]?.isKept = failure == nil
        entries[nonce]?.whyNotKept = failure?.text ?? ""
        return settle(nonce, now: now, table: table)
    }

    package mutating func appended(
        _ nonce: UInt64, _ outcome: AppendOutcome, now: Int64, table: InvalidationTable
    ) -> [Action] {
        guard entries[nonce] != nil else { return [] }
        entries[nonce]?.isOut = false
        if case .failed(let text) = outcome { entries[nonce]?.failure = text }
        return settle(nonce, now: now, table: table)
    }

    // MARK: The log

    /// The tail is connected and verified, or lost.
    package mutating func reachable(_ isReachable: Bool, now: Int64, table: InvalidationTable) -> [Action] {
        self.isReachable = isReachable
        guard !isReachable else { return resend(sentBefore: .max, now: now) }
        return unconfirmed.flatMap { settle($0, now: now, table: table) }
    }

    /// Sends all that is not known to be in the log and not on its way: what was refused, and what the log has taken and
    /// the tail has not shown since.
    package mutating func resend(sentBefore time: Int64, now: Int64) -> [Action] {
        guard isReachable else { return [] }
        for nonce in unconfirmed.prefix(window) {
            guard let entry = entries[nonce], !entry.isOut, entry.sent < time else { continue }
            entries[nonce]?.sent = .min
        }
        return pump(now: now)
    }

    /// Sends what has not been sent, as far as the window allows.
    private mutating func pump(now: Int64) -> [Action] {
        guard isReachable else { return [] }
        var actions: [Action] = []
        for nonce in unconfirmed.prefix(window) {
            guard let entry = entries[nonce], !entry.isOut, entry.sent == .min else { continue }
            entries[nonce]?.isOut = true
            entries[nonce]?.sent = now
            if let record = entries[nonce]?.record { actions.append(.append(record)) }
        }
        return actions
    }

    /// The log lives a new life: what was in the one before is sent again, and is pending until it is there. Others may
    /// have followed the new life since before it was accepted.
    package mutating func restarted(epoch: UInt64, now: Int64, table: InvalidationTable) -> [Action] {
        // Who waits is answered with a place in this life.
        for (nonce, entry) in entries where entry.position.map({ $0.epoch != epoch }) ?? false {
            entries[nonce]?.position = nil
            entries[nonce]?.sent = .min
            entries[nonce]?.pending = table.applyPending(entry.record)
            unconfirmed.append(nonce)
        }
        for own in confirmed where own.position?.epoch != epoch && entries[own.record.nonce] == nil {
            var entry = Entry(record: own.record, isKept: true)
            entry.pending = table.applyPending(own.record)
            entries[own.record.nonce] = entry
            unconfirmed.append(own.record.nonce)
        }
        confirmed.removeAll { $0.position?.epoch != epoch }
        return resend(sentBefore: .max, now: now)
    }

    /// Applies the next element of the feed, an own one in place of what the table had for it.
    /// - Parameter contact: the number of the newest contact that was begun.
    package mutating func apply(
        _ item: FeedItem, contact: UInt64, now: Int64, table: InvalidationTable
    ) -> [Action] {
        guard let record = item.record else {
            table.pass(item.n)
            return []
        }
        guard var entry = entries[item.nonce], entry.position == nil else {
            table.apply(record)
            return []
        }
        table.apply(record, inPlaceOf: entry.pending)
        entry.pending = nil
        let position = Position(epoch: item.epoch, n: item.n)
        entry.position = position
        entry.contact = contact
        unconfirmed.removeAll { $0 == item.nonce }
        var actions: [Action] = []
        if record.cause == .purge {
            actions.append(.confirm(nonce: item.nonce, position))
            confirmed.append(OwnRecord(record: entry.record, position: position))
            if confirmed.count > 2 * Self.keptRecords { confirmed.removeFirst(confirmed.count - Self.keptRecords) }
        }
        if entry.caller != nil, record.cause == .purge {
            entries[item.nonce] = entry
        } else {
            if let caller = entry.caller {
                actions.append(.answer(caller: caller.id, .success(.alone(position))))
            }
            entries[item.nonce] = nil
        }
        return actions + pump(now: now)
    }

    /// The members were read by the contact of that number.
    package mutating func observed(
        _ members: Members, contact: UInt64, now: Int64, table: InvalidationTable
    ) -> [Action] {
        var actions: [Action] = []
        alone = members.counts(for: Position(epoch: 0, n: .max))
        for (nonce, entry) in entries {
            guard let position = entry.position, let caller = entry.caller, entry.contact < contact else { continue }
            let counts = members.counts(for: position)
            let isEverywhere = counts.applied >= counts.live
            guard caller.wait == 0 || isEverywhere || now >= caller.accepted + caller.wait else { continue }
            let receipt = LogReceipt(
                position: position, instances: counts, isComplete: caller.wait == 0 || isEverywhere)
            actions.append(.answer(caller: caller.id, .success(receipt)))
            entries[nonce] = nil
        }
        return actions
    }

    // MARK: Time

    /// Answers those whose time is up. What has no place in the log is answered as kept, or as failed.
    package mutating func tick(_ members: Members, now: Int64, table: InvalidationTable) -> [Action] {
        var actions: [Action] = []
        for (nonce, entry) in entries {
            guard let caller = entry.caller, now >= Self.deadline(caller) else { continue }
            if let position = entry.position {
                actions.append(Self.answer(caller, position, members))
                entries[nonce] = nil
            } else {
                actions += settle(nonce, now: now, table: table)
            }
        }
        return actions
    }

    /// Answers all whose record is in the log with what is known of the others.
    package mutating func answerWaiting(_ members: Members) -> [Action] {
        var actions: [Action] = []
        for (nonce, entry) in entries {
            guard let caller = entry.caller, let position = entry.position else { continue }
            actions.append(Self.answer(caller, position, members))
            entries[nonce] = nil
        }
        return actions
    }

    private static func answer(_ caller: Caller, _ position: Position, _ members: Members) -> Action {
        let counts = members.counts(for: position)
        return .answer(
            caller: caller.id, .success(LogReceipt(position: position, instances: counts, isComplete: false)))
    }

    /// Answers the caller of a record that is not in the log, once that is clear, and what became of it instead.
    private mutating func settle(_ nonce: UInt64, now: Int64, table: InvalidationTable) -> [Action] {
        guard var entry = entries[nonce], let caller = entry.caller, entry.position == nil else { return [] }
        let isLate = now >= Self.deadline(caller)
        guard !isReachable || entry.failure != nil || isLate else { return [] }
        if entry.record.cause == .purge {
            guard let isKept = entry.isKept else { return [] }
            if !isKept {
                // The log may have it in a moment.
                if entry.isOut, isReachable, !isLate { return [] }
                drop(nonce, table)
                let why = [entry.failure ?? "the log can't be reached", entry.whyNotKept].joined(separator: "; ")
                return [.answer(caller: caller.id, .failure(LogFailure(why)))]
            }
        }
        if entry.pending == nil { entry.pending = table.applyPending(entry.record) }
        entry.caller = nil
        entries[nonce] = entry
        if entry.record.cause == .unsafeMethod { dropUnsafeMethods(table) }
        return [
            .answer(
                caller: caller.id, .success(LogReceipt(position: nil, instances: alone, isComplete: false)))
        ]
    }

    private mutating func drop(_ nonce: UInt64, _ table: InvalidationTable) {
        if let pending = entries[nonce]?.pending { table.settle(pending) }
        entries[nonce] = nil
        unconfirmed.removeAll { $0 == nonce }
    }

    /// Anyone can send unsafe methods: the oldest that wait make room (rule 21).
    private mutating func dropUnsafeMethods(_ table: InvalidationTable) {
        let waiting = unconfirmed.filter { entries[$0]?.record.cause == .unsafeMethod && entries[$0]?.pending != nil }
        guard waiting.count > Self.unsafeMethodQuota, let oldest = waiting.first else { return }
        drop(oldest, table)
        droppedUnsafeMethods += 1
    }
}
