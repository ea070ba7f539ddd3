import Invalidation
import Testing

/// A fleet in one thread: the real machines of `Invalidation/Fleet` and real tables, a log and an origin that are values,
/// and a checker that decides who runs next. Every step of an instance that another could come between is a step of its
/// own: a command on its way, its answer on its way, position kept, effects carried out.
final class FleetModel {
    static let maxBlind: Int64 = 3000

    struct CacheEntry {
        var asOf: Position
        var instance: UInt64
        var localNumber: UInt64
        var version: Int
        var checkedBelow: UInt64 = 0
        var isStrong = true
    }

    final class Instance {
        let name: Int
        var isRunning = true
        var isPaused = false
        var isConnected = true
        var hasBegun = false
        // Survive kill -9.
        var disk: [Int: CacheEntry] = [:]
        var remembered = RememberedLog(home: nil, isSettled: true)
        // Do not.
        var table = InvalidationTable(epoch: 1, contactEnd: .min)
        var follower: LogFollower
        var outbox = Outbox(window: 2)
        var members: Members
        var member: UInt64
        var predecessor: UInt64?
        var memory: [Int: CacheEntry] = [:]
        var isReachable = false
        var contacts: UInt64 = 0
        var command: LogCommand?
        var commandContact: (number: UInt64, sent: Int64) = (0, 0)
        var reply: Reply?
        var step: LogFollower.Step?
        var keeping: [InvalidationRecord] = []
        var appends: [Append] = []
        var fetches: [Fetch] = []
        var retryAt: Int64?
        var callers: [UInt64: Purge] = [:]

        enum Reply {
            case contact((reply: ContactReply, members: [UInt64: String], age: Int64))
            case items([FeedItem])
            case scan(ScanReply)
            case replaced
        }

        struct Append {
            var record: InvalidationRecord
            var isDone: Bool
        }

        struct Fetch {
            var key: Int
            var asOf: Position
            var localNumber: UInt64
            var confirms: CacheEntry?
            /// What the origin said; nil: it has not been asked yet.
            var version: Int?
        }

        init(_ name: Int, random: inout Seeded) {
            self.name = name
            member = random.next() | 1
            follower = LogFollower(
                remembered: nil, replaces: false, heartbeat: 500, random: Seeded(state: random.next()))
            members = Members(own: member, maxBlind: FleetModel.maxBlind, hadEarlierLife: false)
        }
    }

    struct Purge {
        var key: Int
        var version: Int
        var isHard = true
    }

    var random: Seeded
    var now: Int64 = 1_000_000
    var log = SimulatedLog()
    /// What a replica has; it lags behind.
    var replica = SimulatedLog()
    var isServerUp = true
    var instances: [Instance] = []
    /// Redis as a tier: gone with the server.
    var shared: [Int: CacheEntry] = [:]
    var hasSharedTier = true
    var versions: [Int: Int] = [:]
    /// What no client that asks now may get anything older than, by key.
    var promised: [Int: Int] = [:]
    /// The same at one instance.
    var promisedHere: [Int: [Int: Int]] = [:]
    /// Answered, with whatever status: never to be forgotten.
    var accepted: [Int: Int] = [:]
    var nextCaller: UInt64 = 0
    var history: [String] = []
    private(set) var violation: String?
    private(set) var hits = 0
    private(set) var completed = 0
    var clockOffset: [Int: Int64] = [:]

    init(seed: UInt64, instances count: Int = 2) {
        random = Seeded(state: seed)
        for name in 0..<count { instances.append(Instance(name, random: &random)) }
        for name in 0..<count { start(name) }
    }

    func note(_ text: @autoclosure () -> String) { history.append("\(now) \(text())") }
    func fail(_ text: String) {
        guard violation == nil else { return }
        violation = text
        note("VIOLATION \(text)")
    }

    static func selector(_ key: Int) -> Selector { .url("h", "/\(key)") }

    // MARK: The life of an instance

    private func start(_ name: Int) {
        let it = instances[name]
        it.isRunning = true
        it.table = InvalidationTable(epoch: random.next() | 1, contactEnd: .min)
        it.follower = LogFollower(
            remembered: it.remembered.applied, left: it.remembered.left, replaces: false, heartbeat: 500,
            random: Seeded(state: random.next()))
        it.predecessor = it.remembered.member
        it.member = random.next() | 1
        it.members = Members(own: it.member, maxBlind: Self.maxBlind, hadEarlierLife: it.remembered.home != nil)
        it.outbox = Outbox(window: 2)
        it.outbox.restore(it.remembered.own, table: it.table)
        it.remembered.home = "log"
        it.remembered.member = it.member
        it.memory = [:]
        it.isReachable = false
        it.contacts = 0
        (it.command, it.reply, it.step, it.retryAt) = (nil, nil, nil, nil)
        (it.keeping, it.appends, it.fetches, it.callers) = ([], [], [], [:])
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

    private func perform(_ step: LogFollower.Step, _ it: Instance) {
        if let mark = step.persist { it.remembered.note(mark) }
        it.step = step
    }

    private func carryOut(_ it: Instance) {
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
            case .restarted(let epoch):
                note("\(it.name) follows \(epoch % 1000)")
                act(it.outbox.restarted(epoch: epoch, now: now), it)
            }
        }
        it.command = step.command
        if case .contact = step.command {
            it.contacts += 1
            it.commandContact = (it.contacts, now)
        }
    }

    private func act(_ actions: [Outbox.Action], _ it: Instance) {
        for action in actions {
            switch action {
            case .keep(let record): it.keeping.append(record)
            case .append(let record): it.appends.append(Instance.Append(record: record, isDone: false))
            case .confirm(let nonce, let position):
                for index in it.remembered.own.indices where it.remembered.own[index].record.nonce == nonce {
                    it.remembered.own[index].position = position
                }
            case .answer(let caller, let result): answer(caller, result, it)
            }
        }
    }

    private func answer(_ caller: UInt64, _ result: Result<LogReceipt, LogFailure>, _ it: Instance) {
        guard let purge = it.callers.removeValue(forKey: caller), case .success(let receipt) = result else { return }
        let counts = receipt.instances
        note("\(it.name) answers the purge of \(purge.key) to \(purge.version): \(counts) \(receipt.isComplete)")
        accepted[purge.key] = max(accepted[purge.key] ?? 0, purge.version)
        promisedHere[it.name, default: [:]][purge.key] = max(promisedHere[it.name]?[purge.key] ?? 0, purge.version)
        if receipt.position != nil, counts.applied >= counts.live {
            completed += 1
            promised[purge.key] = max(promised[purge.key] ?? 0, purge.version)
        }
    }

    // MARK: Steps that the checker chooses among

    private enum Move {
        case carryOut, serve, receive, retry, keep
        case append(Int)
        case fetch(Int)
    }

    /// Everything that an instance could do next.
    private func moves(_ it: Instance, into moves: inout [(Instance, Move)]) {
        guard it.isRunning, !it.isPaused else { return }
        if it.step != nil { moves.append((it, .carryOut)) }
        if it.command != nil, it.reply == nil { moves.append((it, .serve)) }
        if it.reply != nil { moves.append((it, .receive)) }
        if let retry = it.retryAt, retry <= now { moves.append((it, .retry)) }
        if !it.keeping.isEmpty { moves.append((it, .keep)) }
        for index in it.appends.indices { moves.append((it, .append(index))) }
        for index in it.fetches.indices { moves.append((it, .fetch(index))) }
    }

    private func make(_ move: Move, _ it: Instance) {
        switch move {
        case .carryOut: carryOut(it)
        case .serve: serve(it)
        case .receive: receive(it)
        case .retry:
            it.retryAt = nil
            perform(it.follower.begin(now: now), it)
        case .keep:
            let record = it.keeping.removeFirst()
            it.remembered.own.append(OwnRecord(record: record))
            act(it.outbox.kept(record.nonce, failure: nil, now: now, table: it.table), it)
        case .append(let index): advance(append: index, it)
        case .fetch(let index): advance(fetch: index, it)
        }
    }

    private func canReach(_ it: Instance) -> Bool { isServerUp && it.isConnected }

    /// The command reaches the server, or the connection is gone.
    private func serve(_ it: Instance) {
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

    private func receive(_ it: Instance) {
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

    private func lose(_ it: Instance) {
        (it.reply, it.command, it.step) = (nil, nil, it.step)
        guard it.step == nil else { return }
        it.follower.failed()
        it.isReachable = false
        act(it.outbox.reachable(false, now: now, table: it.table), it)
        it.retryAt = now + 100
    }

    private func advance(append index: Int, _ it: Instance) {
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

    // MARK: Clients

    func purge(_ key: Int, at name: Int, _ mode: InvalidationMode = .hard, wait: Int64 = 60_000) {
        let it = instances[name]
        guard it.isRunning, !it.isPaused else { return }
        versions[key, default: 1] += 1
        nextCaller += 1
        it.callers[nextCaller] = Purge(key: key, version: versions[key]!)
        note("purge \(key) to \(versions[key]!) at \(name)")
        let record = InvalidationRecord(
            n: 0, nonce: random.next(), mode: mode, selectors: [Self.selector(key)],
            acceptedAt: now + (clockOffset[name] ?? 0))
        act(it.outbox.accept(record, caller: nextCaller, wait: wait, now: now, table: it.table), it)
    }

    func request(_ key: Int, at name: Int) {
        let it = instances[name]
        guard it.isRunning, !it.isPaused else { return }
        let least = max(promised[key] ?? 0, promisedHere[name]?[key] ?? 0)
        for layer in 0..<3 {
            guard var found = layer == 0 ? it.memory[key] : layer == 1 ? shared[key] : it.disk[key] else { continue }
            if layer == 1, !hasSharedTier || !isServerUp || !it.isConnected { continue }
            let verdict = judge(&found, key, it)
            if layer == 0 { it.memory[key] = found }
            switch verdict {
            case .valid:
                hits += 1
                if found.version < least {
                    fail("\(name) served version \(found.version) of \(key) from layer \(layer), \(least) was promised")
                }
                if layer > 0 {
                    found.checkedBelow = 0
                    it.memory[key] = found
                }
                return
            case .gone, .stale: continue
            case .unknown:
                return fetch(key, confirms: found, it)
            }
        }
        fetch(key, confirms: nil, it)
    }

    /// As `Engine.judge` does.
    private func judge(_ entry: inout CacheEntry, _ key: Int, _ it: Instance) -> Verdict {
        let isBlind = it.table.isBlind(now: now)
        if entry.checkedBelow > it.table.stamp, !isBlind { return .valid }
        let (verdict, upTo) = verdict(entry, key, it)
        if verdict == .valid { entry.checkedBelow = max(entry.checkedBelow, upTo + 1) }
        return verdict != .gone && isBlind ? .unknown : verdict
    }

    private func verdict(_ entry: CacheEntry, _ key: Int, _ it: Instance) -> (Verdict, UInt64) {
        bytes("h").withUnsafeBytes { host in
            bytes("/\(key)").withUnsafeBytes { path in
                let subject = InvalidationSubject(
                    host: host, path: path, query: nil, tags: UnsafeRawBufferPointer(start: nil, count: 0),
                    tagsCut: false)
                return it.table.judge(
                    subject, asOf: entry.asOf, localNumber: entry.instance == it.table.instance ? entry.localNumber : 0)
            }
        }
    }

    private func fetch(_ key: Int, confirms: CacheEntry?, _ it: Instance) {
        guard it.fetches.count < 6 else { return }
        let number = it.table.nextLocalNumber()
        it.fetches.append(
            Instance.Fetch(key: key, asOf: it.table.position, localNumber: number, confirms: confirms))
    }

    private func advance(fetch index: Int, _ it: Instance) {
        guard it.fetches[index].version != nil else {
            it.fetches[index].version = versions[it.fetches[index].key] ?? 1
            return
        }
        let fetch = it.fetches.remove(at: index)
        var entry = CacheEntry(
            asOf: fetch.asOf, instance: it.table.instance, localNumber: fetch.localNumber, version: fetch.version!)
        if let old = fetch.confirms {
            // A 304, unless the entry is hard-selected by now; a weak validator does not count (rule 6).
            guard old.version != fetch.version! || verdict(old, fetch.key, it).0 != .gone else {
                return self.fetch(fetch.key, confirms: nil, it)
            }
        }
        guard verdict(entry, fetch.key, it).0 != .gone else { return }
        store(&entry, in: &it.memory, fetch.key)
        store(&entry, in: &it.disk, fetch.key)
        if canReach(it), !it.table.isBlind(now: now) { store(&entry, in: &shared, fetch.key) }
    }

    /// Rule 7.
    private func store(_ entry: inout CacheEntry, in tier: inout [Int: CacheEntry], _ key: Int) {
        if let old = tier[key], old.asOf.epoch == entry.asOf.epoch, old.asOf.n > entry.asOf.n { return }
        tier[key] = entry
    }

    // MARK: Scheduling

    /// One step of someone. False: nobody has one.
    @discardableResult
    func runOne(_ names: [Int]? = nil) -> Bool {
        var all: [(Instance, Move)] = []
        for it in instances where names?.contains(it.name) ?? true { moves(it, into: &all) }
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

    private var isQuiet: Bool {
        instances.allSatisfy {
            $0.isReachable && $0.table.pendingCount == 0 && $0.fetches.isEmpty && !$0.table.isBlind(now: now)
        }
    }

    /// Everything works again; what was accepted must hold, at every instance.
    func healAndCheck() {
        isServerUp = true
        for it in instances {
            it.isConnected = true
            it.isPaused = false
            if !it.isRunning { restart(it.name) }
        }
        for _ in 0..<40 where !isQuiet { settle(rounds: 10) }
        settle(rounds: 5)
        for (key, version) in accepted { promised[key] = max(promised[key] ?? 0, version) }
        for it in instances {
            if it.table.isBlind(now: now) { fail("\(it.name) is blind with everything in order") }
            if it.table.pendingCount > 0 { fail("\(it.name) has not got rid of what it accepted") }
            for key in 0..<4 { request(key, at: it.name) }
        }
        settle(rounds: 5)
        for it in instances { for key in 0..<4 { request(key, at: it.name) } }
    }
}
