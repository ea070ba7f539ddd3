/// One instance's way along the log, without the way: replies in, steps out (rules 11, 12, 14 and 15). `now` is
/// milliseconds of CLOCK_BOOTTIME.
///
/// ```
/// away ─▶ contact ─▶ read ─▶ contact ─▶ …        what is new is applied by `read`, in order
///            │ another epoch, a gap, the first time
///            └─▶ scan … ─▶ contact ─▶ read to the end ─▶ install ─▶ contact ─▶ …
///            │ the log contradicts what was applied
///            └─▶ replaceEpoch ─▶ contact ─▶ scan …
/// ```
/// Every contact verifies: the log must have the newest applied record, with its nonce. That covers each reconnect and
/// each change of the server or its role, noticed or not.
package struct LogFollower: Sendable {
    package enum Effect: Sendable {
        /// The next record: apply it.
        case apply(FeedItem)
        /// The table, read whole.
        case install(AppliedMark, [InvalidationRecord], floor: UInt64)
        /// Everything that the log held when the write of that moment arrived is applied.
        case contact(at: Int64)
        case floor(UInt64)
        /// The log contradicts what was applied: it lost records.
        case contradicted
        /// The log is another one than before, or begins a new life, whose table follows.
        case restarted(AppliedMark)
    }

    /// What is to be done, in this order: `persist` durably, then the effects, then the command.
    package struct Step: Sendable {
        package var persist: AppliedMark?
        package var effects: [Effect] = []
        package var command: LogCommand
    }

    private enum Phase {
        case away
        /// For `applied` to be verified, since that moment.
        case contacting(Int64)
        /// Up to `target`, for the contact of that moment; nil: it is made, and news is waited for.
        case reading(target: UInt64, contact: Int64?)
        case replacing
        case scanning(TableLoad)
        /// The scan is done; the contact of that moment says up to where the feed is to be read.
        case confirming(TableLoad, Int64)
        case catchingUp(TableLoad, target: UInt64, contact: Int64)
    }

    private var phase = Phase.away
    /// The newest record that was applied, by this process or, before its first install, by the one before.
    package private(set) var applied: AppliedMark?
    private var isInstalled = false
    /// Lives of the log that this instance has left. A log that comes back to one (a replica that lagged behind, a dump of
    /// yesterday) has forgotten what was purged since: it must not judge the entries of that time.
    private var left: Set<UInt64>
    /// The next contact reads the table whole, whatever it finds.
    private var mustLoad = false
    /// The log was not this instance's home before: its life ends, whatever it finds (rule 19).
    private var mustReplace: Bool
    /// Entries older than this can't be told from purged ones.
    private var ownFloor: UInt64 = 0
    /// How long a read waits for news: the pause between two contacts.
    private let heartbeat: Int64
    private var random: any RandomNumberGenerator & Sendable
    private var newEpoch: UInt64 = 0

    /// - Parameters:
    ///   - remembered: what the process before had applied.
    ///   - left: epochs that it had left by then.
    ///   - replaces: the home has changed since.
    ///   - heartbeat: milliseconds between two contacts on a quiet log.
    package init(
        remembered: AppliedMark?, left: [UInt64] = [], replaces: Bool, heartbeat: Int64,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        applied = remembered
        self.left = Set(left)
        mustReplace = replaces
        self.heartbeat = heartbeat
        self.random = random
    }

    /// The table was read at least once.
    package var hasTable: Bool { isInstalled }

    // MARK: Events

    /// A connection stands, or the last try failed and it is time for another.
    package mutating func begin(now: Int64) -> Step { contact(now: now) }

    /// The command failed or the connection is lost. Ask again with `begin`.
    package mutating func failed() { phase = .away }

    package mutating func received(_ reply: ContactReply, now: Int64) -> Step {
        switch phase {
        case .contacting(let sent): return verify(reply, sent: sent, now: now)
        case .confirming(let load, let sent): return confirm(load, reply, sent: sent, now: now)
        case .away, .reading, .replacing, .scanning, .catchingUp: return contact(now: now)
        }
    }

    package mutating func received(_ items: [FeedItem], now: Int64) -> Step {
        switch phase {
        case .reading(let target, let contact): return follow(items, target: target, contact: contact, now: now)
        case .catchingUp(let load, let target, let contact):
            return catchUp(load, items, target: target, contact: contact, now: now)
        case .away, .contacting, .replacing, .scanning, .confirming: return contact(now: now)
        }
    }

    package mutating func received(_ reply: ScanReply, now: Int64) -> Step {
        guard case .scanning(var load) = phase else { return contact(now: now) }
        load.add(reply)
        if let cursor = reply.cursor {
            phase = .scanning(load)
            return Step(command: .scan(cursor: cursor))
        }
        phase = .confirming(load, now)
        return Step(command: .contact(request(mark: load.start)))
    }

    package mutating func replaced(now: Int64) -> Step {
        mustReplace = false
        mustLoad = true
        return contact(now: now)
    }

    // MARK: Contact

    private mutating func contact(now: Int64) -> Step {
        phase = .contacting(now)
        return Step(command: .contact(request(mark: applied?.n ?? 0)))
    }

    private mutating func request(mark: UInt64) -> ContactRequest {
        newEpoch = random.next() | 1
        // What the process before had applied is not what this one has.
        let position = isInstalled ? applied?.position : nil
        return ContactRequest(applied: position ?? Position(epoch: 0, n: 0), mark: mark, newEpoch: newEpoch)
    }

    private mutating func verify(_ reply: ContactReply, sent: Int64, now: Int64) -> Step {
        if mustReplace {
            guard reply.epoch == newEpoch else { return replace(reply.epoch) }
            mustReplace = false
        }
        guard let applied, applied.epoch == reply.epoch else {
            return left.contains(reply.epoch) ? contradicted(reply) : load(reply)
        }
        guard reply.n >= applied.n else { return contradicted(reply) }
        if applied.n > 0 {
            if let nonce = applied.nonce, let found = reply.nonceAtMark {
                guard nonce == found else { return contradicted(reply) }
            } else {
                // The feed no longer reaches back so far: what was applied here may be from a past that the log lost.
                // If nothing came since, a later entry could not be told from an earlier one.
                guard reply.n > applied.n else { return contradicted(reply) }
                ownFloor = max(ownFloor, reply.n)
                mustLoad = true
            }
        }
        guard isInstalled, !mustLoad else { return load(reply) }
        var step = Step(effects: [.floor(reply.floor)], command: .read(after: applied.n, waitMilliseconds: 0))
        if applied.n == reply.n {
            step.effects.append(.contact(at: sent))
            step.command = .read(after: applied.n, waitMilliseconds: heartbeat)
            phase = .reading(target: reply.n, contact: nil)
        } else {
            phase = .reading(target: reply.n, contact: sent)
        }
        return step
    }

    private mutating func contradicted(_ reply: ContactReply) -> Step {
        var step = replace(reply.epoch)
        step.effects.append(.contradicted)
        return step
    }

    private mutating func replace(_ epoch: UInt64) -> Step {
        phase = .replacing
        return Step(command: .replaceEpoch(old: epoch, new: random.next() | 1))
    }

    // MARK: Following

    private mutating func follow(_ items: [FeedItem], target: UInt64, contact sent: Int64?, now: Int64) -> Step {
        guard var applied else { return contact(now: now) }
        var effects: [Effect] = []
        for item in items {
            guard item.epoch == applied.epoch, item.n == applied.n + 1 else {
                mustLoad = true
                break
            }
            applied = AppliedMark(epoch: item.epoch, n: item.n, nonce: item.nonce)
            effects.append(.apply(item))
        }
        self.applied = applied
        // The log says that there is more, and the feed does not have it.
        if items.isEmpty, applied.n < target { mustLoad = true }
        var step: Step
        if mustLoad || applied.n >= target {
            if let sent, applied.n >= target { effects.append(.contact(at: sent)) }
            step = self.contact(now: now)
        } else {
            phase = .reading(target: target, contact: sent)
            step = Step(command: .read(after: applied.n, waitMilliseconds: 0))
        }
        step.effects = effects
        if !effects.isEmpty { step.persist = applied }
        return step
    }

    // MARK: Reading the table whole

    private mutating func load(_ reply: ContactReply) -> Step {
        if applied?.epoch != reply.epoch { ownFloor = 0 }
        // A log without its newest record can't be followed from there: the feed was thrown away.
        guard reply.n == 0 || reply.newestNonce != nil else { return replace(reply.epoch) }
        phase = .scanning(
            TableLoad(
                epoch: reply.epoch, start: reply.n, nonce: reply.newestNonce, floor: max(reply.floor, ownFloor)))
        return Step(command: .scan(cursor: [0x30]))
    }

    private mutating func confirm(_ load: TableLoad, _ reply: ContactReply, sent: Int64, now: Int64) -> Step {
        // Still the same past, or the scan is of nothing: then it may contradict what was applied here, too. A feed that
        // was trimmed past the beginning of the scan brings us here as well.
        guard reply.epoch == load.epoch, reply.n >= load.start, load.start == 0 || reply.nonceAtMark == load.startNonce
        else { return contact(now: now) }
        var load = load
        load.raise(floor: reply.floor)
        guard reply.n > load.start || !load.isWhole else { return install(load, sent: sent, now: now) }
        phase = .catchingUp(load, target: reply.n, contact: sent)
        return Step(command: .read(after: load.n, waitMilliseconds: 0))
    }

    private mutating func catchUp(
        _ load: TableLoad, _ items: [FeedItem], target: UInt64, contact sent: Int64, now: Int64
    ) -> Step {
        var load = load
        for item in items {
            guard load.add(item) else {
                mustLoad = true
                return contact(now: now)
            }
        }
        if load.n >= target, load.isWhole { return install(load, sent: sent, now: now) }
        guard !items.isEmpty else {
            mustLoad = true
            return contact(now: now)
        }
        phase = .catchingUp(load, target: target, contact: sent)
        return Step(command: .read(after: load.n, waitMilliseconds: 0))
    }

    private mutating func install(_ load: TableLoad, sent: Int64, now: Int64) -> Step {
        let mark = AppliedMark(epoch: load.epoch, n: load.n, nonce: load.nonce)
        let isAnother = applied?.epoch != load.epoch
        if isAnother, let applied { left.insert(applied.epoch) }
        applied = mark
        isInstalled = true
        mustLoad = false
        var step = contact(now: now)
        step.persist = mark
        // What was accepted here is pending before an entry of the new life can be valid.
        step.effects = isAnother ? [.restarted(mark)] : []
        step.effects += [.install(mark, load.records, floor: load.floor), .contact(at: sent)]
        return step
    }
}
