import Invalidation
import TestSupport

/// A fleet in one thread: the real machines of `Invalidation/Fleet` and real tables, a log, tiers and an origin that are
/// values, and a checker that decides who runs next. Every step of an instance that another could come between is a step
/// of its own: a command on its way, its answer on its way, position kept, effects carried out (here), a look at memory,
/// at the stamp, at the table, the mark, each tier, the lease, stamp, number and position before the origin is asked, its
/// answer, each write (`FleetModel+Clients.swift`).
final class FleetModel {
    static let maxBlind: Int64 = 3000

    var random: SplitMix
    var now: Int64 = 1_000_000
    var log = SimulatedLog()
    /// What a replica has; it lags behind.
    var replica = SimulatedLog()
    var isServerUp = true
    var instances: [ModelInstance] = []
    /// Redis as a tier: gone with the server.
    var shared: [Int: ModelEntry] = [:]
    var leases: [Int: ModelLease] = [:]
    var hasSharedTier = true
    /// Writes to Redis that are on their way, whoever sent them and whatever became of that one.
    var lateWrites: [(key: Int, entry: ModelEntry, release: UInt64?)] = []
    /// Of the lurker: what is to be taken out, by id.
    var lateRemovals: [(key: Int, id: UInt64)] = []
    var versions: [Int: Int] = [:]
    /// What pages carry beside their own tags since some moment.
    var laterTags: [Int: [String]] = [:]
    var isOriginUp = true
    /// Milliseconds that a response is fresh.
    var lifetime: Int64 = 1_000_000
    /// What no client that asks now may get anything older than, by key.
    var promised: [Int: Int] = [:]
    /// The same at one instance.
    var promisedHere: [Int: [Int: Int]] = [:]
    /// Answered, with whatever status: never to be forgotten.
    var accepted: [Int: Int] = [:]
    var nextCaller: UInt64 = 0
    var history: [String] = []
    private(set) var violation: String?
    var hits = 0
    var staleHits = 0
    var confirmations = 0
    private(set) var completed = 0
    var clockOffset: [Int: Int64] = [:]
    /// Kept from step to step, for its room.
    private var scratch: [(ModelInstance, Move)] = []

    init(seed: UInt64, instances count: Int = 2) {
        random = SplitMix(state: seed)
        for name in 0..<count { instances.append(ModelInstance(name, random: &random)) }
        for name in 0..<count { start(name) }
    }

    func note(_ text: @autoclosure () -> String) { history.append("\(now) \(text())") }
    func fail(_ text: String) {
        guard violation == nil else { return }
        violation = text
        note("VIOLATION \(text)")
    }

    static func selector(_ key: Int) -> Selector { .url(ModelPage.host, ModelPage.all[key].path) }

    // MARK: The life of an instance

    private func start(_ name: Int) {
        let it = instances[name]
        it.begin(random: &random)
        promisedHere[name] = nil
        perform(it.follower.begin(now: now), it)
    }

    func kill(_ name: Int) {
        note("kill -9 \(name)")
        let it = instances[name]
        it.isRunning = false
        it.isPaused = false
        // What was answered with a record in the journal is there again; what was not answered is not promised.
        promisedHere[name] = nil
    }

    func restart(_ name: Int) {
        note("start \(name)")
        start(name)
    }

    private func perform(_ step: LogFollower.Step, _ it: ModelInstance) {
        if let mark = step.persist { it.remembered.note(mark) }
        it.step = step
    }

    private func carryOut(_ it: ModelInstance) {
        guard let step = it.step else { return }
        it.step = nil
        for effect in step.effects {
            switch effect {
            case .apply(let item):
                act(it.outbox.apply(item, contact: it.contacts, now: now, table: it.table), it)
            case .install(let mark, let records, let floor):
                it.table.replace(epoch: mark.epoch, records: records, head: mark.n, floor: floor)
            case .contact(let sent):
                it.table.contact(until: sent + Self.maxBlind)
                if !it.isReachable {
                    it.isReachable = true
                    act(it.outbox.reachable(true, now: now, table: it.table), it)
                }
            case .floor(let floor): it.table.raise(floor: floor)
            case .contradicted: note("\(it.name) is contradicted")
            case .restarted(let mark):
                note("\(it.name) follows \(mark.epoch % 1000)")
                act(it.outbox.restarted(epoch: mark.epoch, now: now, table: it.table), it)
            }
        }
        it.command = step.command
        if case .contact = step.command {
            it.contacts += 1
            it.commandContact = (it.contacts, now)
        }
    }

    private func act(_ actions: [Outbox.Action], _ it: ModelInstance) {
        for action in actions {
            switch action {
            case .keep(let record): it.writes.append(.own(record))
            case .append(let record): it.appends.append(.init(record: record, isDone: false))
            case .confirm(let nonce, let position): it.writes.append(.confirmed(nonce, position))
            case .answer(let caller, let result): answer(caller, result, it)
            }
        }
    }

    private func answer(_ caller: UInt64, _ result: Result<LogReceipt, LogFailure>, _ it: ModelInstance) {
        guard let purge = it.callers.removeValue(forKey: caller), case .success(let receipt) = result else { return }
        let counts = receipt.instances
        note("\(it.name) answers \(purge.text): \(counts) \(receipt.isComplete)")
        let isEverywhere = receipt.position != nil && counts.applied >= counts.live
        if isEverywhere { completed += 1 }
        for (key, version) in purge.versions {
            accepted[key] = max(accepted[key] ?? 0, version)
            promisedHere[it.name, default: [:]][key] = max(promisedHere[it.name]?[key] ?? 0, version)
            if isEverywhere { promised[key] = max(promised[key] ?? 0, version) }
        }
    }

    // MARK: Steps that the checker chooses among

    enum Move {
        case carryOut, serve, receive, retry, write
        case append(Int)
        case reader(ModelReader)
        case flight(ModelFlight)
        case lateWrite(Int)
        case lateRemoval(Int)
    }

    /// Everything that an instance could do next.
    private func moves(_ it: ModelInstance, into moves: inout [(ModelInstance, Move)]) {
        guard it.isRunning, !it.isPaused else { return }
        if it.step != nil { moves.append((it, .carryOut)) }
        if it.command != nil, it.reply == nil { moves.append((it, .serve)) }
        if it.reply != nil { moves.append((it, .receive)) }
        if let retry = it.retryAt, retry <= now { moves.append((it, .retry)) }
        if !it.writes.isEmpty { moves.append((it, .write)) }
        for index in it.appends.indices { moves.append((it, .append(index))) }
        for reader in it.readers where reader.isMoving { moves.append((it, .reader(reader))) }
        for flight in it.allFlights { moves.append((it, .flight(flight))) }
    }

    private func make(_ move: Move, _ it: ModelInstance) {
        switch move {
        case .carryOut: carryOut(it)
        case .serve: serve(it)
        case .receive: receive(it)
        case .retry:
            it.retryAt = nil
            perform(it.follower.begin(now: now), it)
        case .write: write(it)
        case .append(let index): advance(append: index, it)
        case .reader(let reader): advance(reader, it)
        case .flight(let flight): advance(flight, it)
        case .lateWrite(let index): arrive(write: index)
        case .lateRemoval(let index): arrive(removal: index)
        }
    }

    func canReach(_ it: ModelInstance) -> Bool { isServerUp && it.isConnected }

    /// The command reaches the server, or the connection is gone.
    private func serve(_ it: ModelInstance) {
        guard canReach(it) else { return lose(it) }
        switch it.command! {
        case .contact(let request):
            let text = Announcement(
                counter: it.commandContact.number, applied: request.applied, maxBlind: Self.maxBlind
            ).text
            it.reply = .contact(
                log.contact(request, member: it.member, announcement: text, predecessor: it.predecessor, now: now))
        case .read(let n, let wait):
            let items = log.read(after: n)
            // Without news it goes on waiting, or its time is over.
            if items.isEmpty, wait > 0, Bool.random(using: &random) { return }
            it.reply = .items(items)
        case .scan(let cursor): it.reply = .scan(log.scan(cursor: cursor))
        case .replaceEpoch(let old, let new):
            log.replaceEpoch(old: old, new: new, nonce: random.next())
            it.reply = .replaced
        }
    }

    private func receive(_ it: ModelInstance) {
        let reply = it.reply!
        (it.reply, it.command) = (nil, nil)
        switch reply {
        case .contact(let contact):
            it.predecessor = nil
            it.members.observe(contact.members, age: contact.age, sent: it.commandContact.sent, received: now)
            act(it.outbox.observed(it.members, contact: it.commandContact.number, now: now, table: it.table), it)
            perform(it.follower.received(contact.reply, now: now), it)
        case .items(let items): perform(it.follower.received(items, now: now), it)
        case .scan(let scan): perform(it.follower.received(scan, now: now), it)
        case .replaced: perform(it.follower.replaced(now: now), it)
        }
    }

    /// The disk has the next of what was written, in the order of the writes.
    private func write(_ it: ModelInstance) {
        switch it.writes.removeFirst() {
        case .own(let record):
            it.remembered.own.append(OwnRecord(record: record))
            act(it.outbox.kept(record.nonce, failure: nil, now: now, table: it.table), it)
        case .confirmed(let nonce, let position):
            for index in it.remembered.own.indices where it.remembered.own[index].record.nonce == nonce {
                it.remembered.own[index].position = position
            }
        }
    }

    private func lose(_ it: ModelInstance) {
        (it.reply, it.command, it.step) = (nil, nil, it.step)
        guard it.step == nil else { return }
        it.follower.failed()
        it.isReachable = false
        act(it.outbox.reachable(false, now: now, table: it.table), it)
        it.retryAt = now + 100
    }

    private func advance(append index: Int, _ it: ModelInstance) {
        let append = it.appends[index]
        if append.isDone || !canReach(it) {
            it.appends.remove(at: index)
            let outcome: Outbox.AppendOutcome =
                append.isDone && canReach(it) ? .logged : .failed("the connection is lost")
            act(it.outbox.appended(append.record.nonce, outcome, now: now, table: it.table), it)
        } else {
            _ = log.append(append.record, newEpoch: random.next() | 1)
            it.appends[index].isDone = true
        }
    }

    // MARK: Purges

    /// The origin has something new of every page that is named, and then the purge is sent.
    func purge(_ selectors: [Selector], at name: Int, _ mode: InvalidationMode = .hard, wait: Int64 = 60_000) {
        let it = instances[name]
        guard it.isRunning, !it.isPaused else { return }
        var promises: [Int: Int] = [:]
        for (key, page) in ModelPage.all.enumerated() where selectors.contains(where: page.isSelected) {
            versions[key, default: 1] += 1
            if page.obeys(mode) { promises[key] = versions[key]! }
        }
        nextCaller += 1
        let purge = ModelPurge(versions: promises, text: "\(mode) purge \(nextCaller) to \(promises)")
        it.callers[nextCaller] = purge
        note("\(purge.text) at \(name)")
        let record = InvalidationRecord(
            n: 0, nonce: random.next(), mode: mode, selectors: selectors,
            acceptedAt: now + (clockOffset[name] ?? 0))
        act(it.outbox.accept(record, caller: nextCaller, wait: wait, now: now, table: it.table), it)
    }

    func purge(_ key: Int, at name: Int, _ mode: InvalidationMode = .hard, wait: Int64 = 60_000) {
        purge([Self.selector(key)], at: name, mode, wait: wait)
    }

    // MARK: Scheduling

    /// One step of someone. False: nobody has one.
    @discardableResult
    func runOne(_ names: [Int]? = nil, where wanted: ((Move) -> Bool)? = nil) -> Bool {
        var all: [(ModelInstance, Move)] = []
        swap(&all, &scratch)
        all.removeAll(keepingCapacity: true)
        defer { swap(&all, &scratch) }
        for it in instances where names?.contains(it.name) ?? true { moves(it, into: &all) }
        if names == nil {
            for index in lateWrites.indices { all.append((instances[0], .lateWrite(index))) }
            for index in lateRemovals.indices { all.append((instances[0], .lateRemoval(index))) }
        }
        if let wanted { all.removeAll { !wanted($0.1) } }
        guard !all.isEmpty else { return false }
        let (it, move) = all[Int.random(in: 0..<all.count, using: &random)]
        make(move, it)
        return true
    }

    func run(_ count: Int, _ names: [Int]? = nil) {
        for _ in 0..<count { runOne(names) }
    }

    func pass(_ milliseconds: Int64) {
        now += milliseconds
        for it in instances where it.isRunning && !it.isPaused {
            act(it.outbox.tick(it.members, now: now, table: it.table), it)
            act(it.outbox.resend(sentBefore: now - 1000, now: now), it)
        }
    }

    /// Runs until the instances follow the log and have nothing on their hands.
    func settle(_ names: [Int]? = nil, rounds: Int = 60) {
        for _ in 0..<rounds {
            run(40, names)
            pass(100)
        }
    }

    /// Whether nobody has anything on their hands, and nothing is to come but time.
    /// - Parameter since: the contacts that each had begun when everything worked again. One that was begun later was
    ///   answered: whatever contradicts the log has been found.
    private func isQuiet(since: [UInt64]) -> Bool {
        lateWrites.isEmpty
            && instances.allSatisfy {
                $0.isReachable && !$0.table.isBlind(now: now) && $0.contacts >= since[$0.name] + 2
                    && $0.callers.isEmpty && $0.isRidOfAll(in: log.epoch)
                    && $0.readers.isEmpty && $0.allFlights.isEmpty
            }
    }

    /// Everything works again; what was accepted must hold, at every instance.
    func healAndCheck() {
        isServerUp = true
        isOriginUp = true
        for it in instances {
            it.isConnected = true
            it.isPaused = false
            if !it.isRunning { restart(it.name) }
        }
        let since = instances.map(\.contacts)
        for _ in 0..<80 where !isQuiet(since: since) { settle(rounds: 5) }
        settle(rounds: 3)
        for (key, version) in accepted { promised[key] = max(promised[key] ?? 0, version) }
        for it in instances {
            if it.table.isBlind(now: now) { fail("\(it.name) is blind with everything in order") }
            if !it.isRidOfAll(in: log.epoch) { fail("\(it.name) has not got rid of what it accepted") }
            if !it.callers.isEmpty { fail("\(it.name) has not answered who sent a purge") }
        }
        for _ in 0..<2 {
            let readers = instances.flatMap { it in ModelPage.all.indices.map { request($0, at: it.name) } }
            for _ in 0..<20 where readers.contains(where: { $0?.version == nil }) { settle(rounds: 2) }
            if readers.contains(where: { $0?.version == nil }) { fail("a request has no answer") }
        }
    }
}
