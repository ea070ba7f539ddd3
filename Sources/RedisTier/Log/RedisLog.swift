internal import CacheModel
package import Invalidation
package import Logging
package import NIOCore
internal import Synchronization

/// The invalidation log of a fleet, in Redis (invalidation.md rules 10 to 18). This is the way between the machines of
/// `Invalidation/Fleet` and the server: they decide, this sends, keeps time and applies, on a loop of its own.
package final class RedisLog: InvalidationLog, @unchecked Sendable {
    // Safe because every `var` is used on `eventLoop` only; the rest is immutable, the table and `published` synchronise
    // themselves.

    package struct Configuration: Sendable {
        /// Which log this is, in words without secrets; another one than last time begins a new life (rule 19).
        package var home: String
        package var maxBlindMilliseconds: Int64
        package var retentionMilliseconds: Int64
        package var maxRecords: Int
        /// Entries survive the power's failing here: so must the position that they carry (rule 12).
        package var syncsPosition: Bool
        /// What `keepTable` was given last, by the process before; nil: nothing.
        package var keptTable: [UInt8]?
        /// Puts these bytes in the place of what it was given before, in one step. Called on the log's loop.
        package var keepTable: (@Sendable ([UInt8]) -> Void)?

        package init(
            home: String, maxBlindMilliseconds: Int64, retentionMilliseconds: Int64, maxRecords: Int,
            syncsPosition: Bool, keptTable: [UInt8]? = nil, keepTable: (@Sendable ([UInt8]) -> Void)? = nil
        ) {
            self.home = home
            self.maxBlindMilliseconds = maxBlindMilliseconds
            self.retentionMilliseconds = retentionMilliseconds
            self.maxRecords = maxRecords
            self.syncsPosition = syncsPosition
            self.keptTable = keptTable
            self.keepTable = keepTable
        }

        /// Between two contacts on a quiet log: several fit into what an instance may be blind for.
        var heartbeat: Int64 { min(1000, max(100, maxBlindMilliseconds / 6)) }
    }

    package let table: InvalidationTable
    let configuration: Configuration
    let connection: LogConnection
    let logger: Logger
    private let memory: any LogMemory
    private let eventLoop: any EventLoop
    private let published: Mutex<LogStatus>

    /// Random per process: its name among the members.
    private let member = UInt64.random(in: 1 ... .max)
    private var follower: LogFollower
    private var outbox = Outbox()
    private var members: Members
    private var predecessor: UInt64?
    private var isSettled: Bool
    private var isReachable = false
    private var isStopping = false
    private var isClosing = false
    private var contactNumber: UInt64 = 0
    private var callers: [UInt64: @Sendable (Result<LogReceipt, LogFailure>) -> Void] = [:]
    private var nextCaller: UInt64 = 0
    private var onContact: [@Sendable () -> Void] = []
    private var ticks: RepeatedTask?
    private var tickCount = 0
    private var isTrimming = false
    private var lastContact: Int64?
    private var keptAt: Int64 = .min / 2
    var warnings: [String] = []

    /// - Parameter eventLoop: for the log alone: a table of a million records is read on it.
    package init(
        _ servers: RedisServers, _ configuration: Configuration, memory: any LogMemory,
        eventLoop: any EventLoop, logger: Logger
    ) {
        self.configuration = configuration
        self.memory = memory
        self.eventLoop = eventLoop
        self.logger = logger
        let remembered = memory.remembered
        let isOther = remembered.home != nil && (remembered.home != configuration.home || !remembered.isSettled)
        table = InvalidationTable(epoch: .random(in: 1 ... .max), contactEnd: .min)
        connection = LogConnection(servers, eventLoop: eventLoop)
        follower = LogFollower(
            remembered: remembered.home == configuration.home ? remembered.applied : nil,
            left: remembered.left, replaces: isOther,
            heartbeat: configuration.heartbeat)
        members = Members(
            own: member, maxBlind: configuration.maxBlindMilliseconds, hadEarlierLife: remembered.home != nil)
        predecessor = remembered.home == configuration.home ? remembered.member : nil
        isSettled = !isOther
        published = Mutex(LogStatus(home: "redis", isInContact: false, isBlind: true))
        if !isOther, remembered.home == configuration.home { goOn(from: remembered) }
        outbox.restore(remembered.own, followed: remembered.applied?.epoch, table: table)
    }

    package var status: LogStatus {
        var status = published.withLock { $0 }
        status.isBlind = table.isBlind(now: BootClock.milliseconds())
        status.pending = table.pendingCount
        return status
    }

    // MARK: Life

    /// Begins to follow the log. Calls back, once, when everything that the log holds is applied, or when the time is up:
    /// then everything is unknown until the log is there.
    package func start(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        memory.begin(home: configuration.home, isSettled: isSettled, member: member) { failure in
            if let failure {
                self.logger.error(
                    "which invalidation log is followed could not be written", metadata: ["error": "\(failure.text)"])
            }
            self.eventLoop.execute { self.begin(withinMilliseconds: bound, done) }
        }
    }

    private func begin(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        let once = Once(done)
        onContact.append { once.run() }
        eventLoop.scheduleTask(in: .milliseconds(bound)) { once.run() }
        connection.start()
        ticks = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(50), delay: .milliseconds(50)) { _ in
            self.tick()
        }
        perform(follower.begin(now: now))
    }

    /// From now on nobody waits for other instances: who does is answered with what is known. Before the process stops,
    /// which an answer that may take minutes must not hold up.
    package func stopWaiting() {
        eventLoop.execute {
            self.isStopping = true
            self.act(self.outbox.answerWaiting(self.members))
        }
    }

    package func close(_ done: @escaping @Sendable () -> Void) {
        eventLoop.execute {
            guard !self.isClosing else { return done() }
            self.isClosing = true
            self.ticks?.cancel()
            if let contact = self.lastContact { self.keepTable(contact: contact) }
            self.act(self.outbox.reachable(false, now: self.now, table: self.table))
            self.act(self.outbox.answerWaiting(self.members))
            self.connection.leave(member: self.member) {
                self.connection.shutdown()
                self.memory.close(done)
            }
        }
    }

    private var now: Int64 { BootClock.milliseconds() }

    // MARK: From life to life

    /// Where the process before was in contact lately, and has applied nothing since that this one does not have.
    private func goOn(from remembered: RememberedLog) {
        guard configuration.syncsPosition, let kept = configuration.keptTable.flatMap({ KeptTable($0) }),
            kept.boot == KeptTable.boot, kept.mark == remembered.applied, kept.contact <= now
        else { return }
        table.replace(epoch: kept.mark.epoch, records: kept.records, head: kept.mark.n, floor: kept.floor)
        table.contact(until: kept.contact + configuration.maxBlindMilliseconds)
    }

    /// Keeps the table as of a contact. Nothing is applied between that and now: both are this loop's.
    private func keepTable(contact: Int64) {
        guard configuration.syncsPosition, let keep = configuration.keepTable, let boot = KeptTable.boot,
            let mark = follower.applied, follower.hasTable, mark.position == table.position
        else { return }
        let snapshot = table.snapshot()
        keptAt = now
        keep(
            KeptTable(
                boot: boot, contact: contact, mark: mark, floor: snapshot.floor, records: snapshot.records
            ).bytes)
    }

    // MARK: Accepting

    package func append(
        mode: InvalidationMode, cause: InvalidationCause, selectors: [Selector], wait: Int64,
        _ done: @escaping @Sendable (Result<LogReceipt, LogFailure>) -> Void
    ) {
        guard RecordBytes.fits(selectors) else { return done(.failure(.selectorsDoNotFit)) }
        let record = InvalidationRecord(
            n: 0, nonce: .random(in: 0 ... .max), mode: mode, cause: cause, selectors: selectors,
            acceptedAt: WallClock.milliseconds())
        eventLoop.execute {
            guard !self.isClosing else { return done(.failure(LogFailure("the invalidation log is closed"))) }
            self.nextCaller += 1
            self.callers[self.nextCaller] = done
            self.act(
                self.outbox.accept(
                    record, caller: self.nextCaller, wait: self.isStopping ? 0 : wait, now: self.now, table: self.table)
            )
        }
    }

    private func act(_ actions: [Outbox.Action]) {
        for action in actions {
            switch action {
            case .keep(let record):
                memory.keep(record) { failure in
                    self.eventLoop.execute {
                        self.act(
                            self.outbox.kept(record.nonce, failure: failure, now: self.now, table: self.table))
                    }
                }
            case .append(let record):
                connection.append(record) { result in
                    var outcome = Outbox.AppendOutcome.logged
                    if case .failure(let failure) = result { outcome = .failed(failure.text) }
                    self.act(self.outbox.appended(record.nonce, outcome, now: self.now, table: self.table))
                }
            case .confirm(let nonce, let position): memory.confirm(nonce: nonce, at: position)
            case .answer(let caller, let result): callers.removeValue(forKey: caller)?(result)
            }
        }
    }

    // MARK: Following

    private func perform(_ step: LogFollower.Step) {
        guard let mark = step.persist else { return carryOut(step) }
        guard configuration.syncsPosition else {
            memory.note(mark, synced: false) { _ in }
            return carryOut(step)
        }
        // Before anything can carry the position: rule 12. Where it can't be written the purge counts for more.
        memory.note(mark, synced: true) { _ in self.eventLoop.execute { self.carryOut(step) } }
    }

    private func carryOut(_ step: LogFollower.Step) {
        for effect in step.effects { carryOut(effect) }
        guard !isClosing else { return }
        switch step.command {
        case .contact(let request): contact(request)
        case .read(let n, let wait):
            let wait = wait > 0 && outbox.isAwaitingMembers ? 5 : wait
            connection.read(after: n, waitMilliseconds: wait) {
                self.next($0) { self.follower.received($0, now: self.now) }
            }
        case .scan(let cursor):
            connection.scan(cursor: cursor) { self.next($0) { self.follower.received($0, now: self.now) } }
        case .replaceEpoch(let old, let new):
            connection.replaceEpoch(old: old, new: new) {
                self.next($0) { self.follower.replaced(now: self.now) }
            }
        }
    }

    private func contact(_ request: ContactRequest) {
        contactNumber += 1
        let (number, sent) = (contactNumber, now)
        let announcement = Announcement(
            counter: number, applied: request.applied, maxBlind: configuration.maxBlindMilliseconds)
        connection.contact(
            request, member: member, announcement: announcement.text, predecessor: predecessor,
            forget: members.forgettable
        ) { result in
            self.next(result) { contact in
                self.predecessor = nil
                let now = self.now
                self.members.observe(contact.members, age: contact.age, sent: sent, received: now)
                self.act(self.outbox.observed(self.members, contact: number, now: now, table: self.table))
                return self.follower.received(contact.reply, now: now)
            }
        }
    }

    private func next<Value>(
        _ result: Result<Value, LogConnection.Failure>, _ step: (Value) -> LogFollower.Step
    ) {
        switch result {
        case .success(let value): perform(step(value))
        case .failure(let failure): lost(failure)
        }
    }

    private func lost(_ failure: LogConnection.Failure) {
        follower.failed()
        guard !isClosing else { return }
        if isReachable {
            logger.warning("the invalidation log is out of reach", metadata: ["reason": "\(failure.text)"])
        }
        isReachable = false
        publish()
        // A replica, or a master without the replicas that it wants: the log's home is elsewhere, or will be.
        if case .refused(let text) = failure { connection.hangUp(text) }
        act(outbox.reachable(false, now: now, table: table))
        let pause = Int64.random(in: 50...250)
        eventLoop.scheduleTask(in: .milliseconds(pause)) {
            guard !self.isClosing else { return }
            self.perform(self.follower.begin(now: self.now))
        }
    }

    private func carryOut(_ effect: LogFollower.Effect) {
        switch effect {
        case .apply(let item):
            act(outbox.apply(item, contact: contactNumber, now: now, table: table))
        case .install(let mark, let records, let floor):
            table.replace(epoch: mark.epoch, records: records, head: mark.n, floor: floor)
        case .contact(let sent): madeContact(at: sent)
        case .floor(let floor): table.raise(floor: floor)
        case .contradicted:
            logger.error(
                "the invalidation log lost records: a new life of it begins, responses are validated before use")
        case .restarted(let mark):
            logger.notice("following the invalidation log", metadata: ["position": "\(mark.position.text)"])
            if !isSettled {
                isSettled = true
                memory.begin(home: configuration.home, isSettled: true, member: member) { _ in }
            }
            act(outbox.restarted(epoch: mark.epoch, now: now, table: table))
        }
    }

    private func madeContact(at sent: Int64) {
        table.contact(until: sent + configuration.maxBlindMilliseconds)
        lastContact = sent
        // A long table seldom: it is written whole.
        if now - keptAt >= max(500, Int64(table.count)) { keepTable(contact: sent) }
        if !isReachable {
            isReachable = true
            act(outbox.reachable(true, now: now, table: table))
            inspect()
        }
        publish()
        for waiting in onContact { waiting() }
        onContact = []
    }

    func publish() {
        let counts = members.counts(for: table.position)
        let (isInContact, warnings) = (isReachable, warnings)
        published.withLock {
            $0.isInContact = isInContact
            $0.live = counts.live
            $0.silent = counts.silent
            $0.warnings = warnings
        }
    }

    // MARK: Time

    private func tick() {
        tickCount += 1
        let now = self.now
        act(outbox.tick(members, now: now, table: table))
        if tickCount.isMultiple(of: 20) { act(outbox.resend(sentBefore: now - 1000, now: now)) }
        if tickCount.isMultiple(of: 20) { trim() }
        if tickCount.isMultiple(of: 1200) { inspect() }
    }

    /// Drops what is too old or too much from the log, and then here (rule 13). Every instance does; the first is enough.
    private func trim() {
        guard isReachable, !isTrimming, follower.hasTable else { return }
        let epoch = table.epoch
        let due = table.trimmable(
            acceptedBefore: WallClock.milliseconds() - configuration.retentionMilliseconds,
            maxRecords: configuration.maxRecords, limit: 1000)
        guard !due.isEmpty else { return }
        isTrimming = true
        connection.trim(epoch: epoch, due) { result in
            self.isTrimming = false
            guard case .success(true) = result, self.table.epoch == epoch else { return }
            self.table.raise(floor: due.floor)
            self.table.drop(unsafeMethods: due.unsafeMethods)
            // There may be more.
            self.trim()
        }
    }
}

/// Runs its work the first time.
private final class Once: Sendable {
    private let work: Mutex<(@Sendable () -> Void)?>

    init(_ work: @escaping @Sendable () -> Void) { self.work = Mutex(work) }

    func run() { work.withLock { $0.take() }?() }
}
