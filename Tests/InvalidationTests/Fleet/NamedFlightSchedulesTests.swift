import Invalidation
import TestSupport
import Testing

/// The schedules of invalidation.md that are about flights, 304s, leases and tiers, by name, and the traps that other
/// caches fell into; docs/invalidation.md has the list.
@Suite("Named schedules of flights and tiers")
struct NamedFlightSchedulesTests {
    /// A fleet that follows the log, with nothing stored.
    private func fleet(_ count: Int = 2, seed: UInt64 = 1) -> FleetModel {
        let model = FleetModel(seed: seed, instances: count)
        model.settle(rounds: 10)
        return model
    }

    private func fill(_ model: FleetModel, _ key: Int = 0, at names: [Int] = [0, 1]) {
        for name in names { model.request(key, at: name) }
        model.settle(rounds: 8)
    }

    /// A request that runs until the origin is asked, if it is.
    private func ask(_ model: FleetModel, _ key: Int = 0, at name: Int) -> ModelReader {
        let reader = model.request(key, at: name)!
        model.drive(reader, at: name)
        return reader
    }

    /// What the origin was asked is answered, and the answer is on its way.
    private func originAnswers(_ model: FleetModel, _ key: Int = 0, at name: Int) {
        let it = model.instances[name]
        while let flight = it.flights[key]?.first, case .sent = flight.stage { model.advance(flight, it) }
    }

    /// Everyone but the flights and late writes.
    private func others(_ model: FleetModel, rounds: Int = 10) {
        for _ in 0..<rounds {
            for _ in 0..<40 {
                model.runOne { move in
                    switch move {
                    case .flight, .lateWrite, .lateRemoval: false
                    default: true
                    }
                }
            }
            model.pass(100)
        }
    }

    private func check(_ model: FleetModel, sourceLocation: SourceLocation = #_sourceLocation) {
        model.healAndCheck()
        #expect(
            model.violation == nil, "\(model.violation ?? "")\n\(model.history.joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }

    // MARK: Flights

    @Test(
        "a fill in flight begun before the purge: a follower after a url purge, and after a tag purge",
        arguments: [FleetModel.selector(0), .tag("t0"), .all, .prefix("h", "/a"), .glob("/a/*")], [true, false])
    func follower(selector: Selector, headIsThere: Bool) {
        let model = fleet()
        let before = ask(model, at: 0)
        if headIsThere { originAnswers(model, at: 0) }
        // The origin's answer is of the old version in both cases, or of the new one: then the purge was needless.
        let flight = model.instances[0].flights[0]?.first
        model.purge([selector], at: 1)
        others(model)
        #expect(model.completed == 1)
        let after = model.request(0, at: 0)
        others(model)
        #expect(flight === model.instances[0].flights[0]?.first)
        model.settle(rounds: 10)
        #expect(before.version == (headIsThere ? 1 : 2))
        #expect(after?.version == 2)
        #expect(model.instances[0].memory[0]?.entry.version == 2)
        check(model)
    }

    @Test("a 304 sent before, answered after a hard purge: it brings nothing back", arguments: [0, 1])
    func confirmationInFlight(key: Int) {
        let model = fleet()
        model.lifetime = 10
        fill(model, key)
        let asked = ask(model, key, at: 0)
        originAnswers(model, key, at: 0)
        model.purge([.tag("t\(key)")], at: 1)
        others(model)
        #expect(model.completed == 1 && asked.version == nil)
        model.lifetime = 1_000_000
        let after = model.request(key, at: 0)
        model.settle(rounds: 10)
        #expect(asked.version == 2 && after?.version == 2)
        #expect(model.instances[0].memory[key]?.entry.version == 2)
        check(model)
    }

    @Test("a 304 on one instance over another's body")
    func confirmationOverAnother() {
        let model = fleet()
        model.lifetime = 10
        fill(model)
        _ = ask(model, at: 0)
        originAnswers(model, at: 0)
        model.lifetime = 1_000_000
        // The other one gets the new version, under a later position, and files it first.
        model.instances[0].isPaused = true
        model.purge(0, at: 1, wait: 0)
        model.settle([1], rounds: 10)
        model.leases = [:]
        model.request(0, at: 1)
        model.settle([1], rounds: 10)
        while !model.lateWrites.isEmpty { model.arrive(write: 0) }
        #expect(model.shared[0]?.version == 2)
        model.instances[0].isPaused = false
        while let flight = model.instances[0].flights[0]?.first { model.advance(flight, model.instances[0]) }
        while !model.lateWrites.isEmpty { model.arrive(write: 0) }
        #expect(model.shared[0]?.version == 2, "what 0 had confirmed is of a lower position")
        model.settle(rounds: 10)
        #expect(ask(model, at: 0).version == 2)
        check(model)
    }

    @Test("a tag that a 304 brings was purged before", arguments: [InvalidationMode.hard, .soft])
    func confirmationBringsTag(mode: InvalidationMode) {
        let model = fleet()
        model.lifetime = 10
        fill(model, at: [0])
        model.hasSharedTier = false
        model.laterTags[0] = ["late"]
        model.purge([.tag("late")], at: 1, mode)
        model.settle(rounds: 10)
        let before = model.confirmations
        model.lifetime = 1_000_000
        let asked = model.request(0, at: 0)
        model.settle(rounds: 10)
        #expect(asked?.version == 1)
        // A hard one: the origin is asked again, for the whole.
        #expect(model.confirmations == before + (mode == .hard ? 0 : 1))
        #expect(model.instances[0].memory[0]?.entry.tags.contains("late") == true)
        #expect(ask(model, at: 0).isHit)
        check(model)
    }

    // MARK: Tiers

    @Test(
        "late write-behind of an old entry over a new one, and the lurker's delete of the old one", arguments: [0, 1])
    func lateWrite(first: Int) {
        let model = fleet()
        model.request(0, at: 0)
        while model.lateWrites.isEmpty, model.runOne([0]) {}
        let old = model.lateWrites[0].entry
        model.leases = [:]
        model.purge(0, at: 1)
        others(model)
        #expect(model.completed == 1)
        model.request(0, at: 1)
        while model.lateWrites.count < 2, model.runOne([1]) {}
        model.lateRemovals.append((0, old.id))
        model.arrive(write: first)
        if first == 0 { #expect(!ask(model, at: 1).isHit || model.instances[1].memory[0]?.entry.version == 2) }
        model.arrive(write: 0)
        while !model.lateRemovals.isEmpty { model.arrive(removal: 0) }
        #expect(model.shared[0]?.version == 2)
        check(model)
    }

    @Test("promotion after the purge, and before it: it changes nothing in the entry")
    func promotion() {
        let model = fleet()
        fill(model, at: [0])
        #expect(model.shared[0]?.version == 1)
        // It promotes what it may still use, and then learns of the purge.
        model.instances[1].isConnected = true
        model.purge(0, at: 0, wait: 0)
        model.settle([0], rounds: 5)
        #expect(ask(model, at: 1).isHit && model.instances[1].memory[0]?.entry.version == 1)
        model.settle(rounds: 10)
        #expect(model.completed == 0 || model.instances[1].table.head == model.log.n)
        #expect(!ask(model, at: 1).isHit)
        model.settle(rounds: 10)
        // The old bytes come back into the tier: a restored dump, a replica.
        let entry = ModelEntry(
            id: 9, asOf: Position(epoch: model.log.epoch!, n: 0), instance: 1, localNumber: 1, version: 1,
            tags: ["t0", "even"], isCut: false, freshUntil: .max)
        model.shared[0] = entry
        model.instances[1].memory = [:]
        model.instances[1].disk = [0: entry]
        #expect(!ask(model, at: 1).isHit)
        check(model)
    }

    @Test("a lease held by an instance from before the purge is not waited for; another one is")
    func lease() {
        let model = fleet()
        _ = ask(model, at: 0)
        #expect(model.leases[0]?.holder == model.instances[0].table.instance)
        let waiting = ask(model, at: 1)
        guard case .held? = model.instances[1].flights[0]?.first?.stage else {
            Issue.record("it does not wait for the one that is at it")
            return
        }
        model.settle(rounds: 10)
        #expect(waiting.version == 1 && waiting.isHit, "it has what the other one fetched")
        // Now with a purge in between.
        for it in model.instances { (it.memory, it.disk) = ([:], [:]) }
        model.shared = [:]
        _ = ask(model, at: 0)
        originAnswers(model, at: 0)
        model.purge([.tag("t0"), FleetModel.selector(0)], at: 1)
        others(model)
        #expect(model.completed == 1 && model.leases[0] != nil)
        _ = ask(model, at: 1)
        #expect(model.instances[1].flights[0]?.first?.isAsking == true)
        model.settle(rounds: 10)
        #expect(ask(model, at: 1).version == 2)
        check(model)
    }

    @Test("a tag list over the bound: every purge of a tag selects it", arguments: ["t2", "even", "odd", "late"])
    func cutTags(tag: String) {
        let model = fleet()
        fill(model, 2)
        #expect(ask(model, 2, at: 0).isHit)
        model.purge([.tag(tag)], at: 1)
        model.settle(rounds: 10)
        #expect(!ask(model, 2, at: 0).isHit && !ask(model, 2, at: 1).isHit)
        check(model)
    }

    // MARK: Stale

    @Test(
        "stale-while-revalidate and stale-if-error after a gap: nothing that may have been purged",
        arguments: ["none", "blind", "flushed"])
    func staleAfterGap(gap: String) {
        let model = fleet()
        model.lifetime = 10
        fill(model, 3)
        model.hasSharedTier = false
        model.isOriginUp = false
        switch gap {
        case "blind":
            model.instances[0].isConnected = false
            model.purge([.tag("t3")], at: 1, wait: 0)
            model.settle([0, 1], rounds: 5)
            model.pass(FleetModel.maxBlind)
        case "flushed":
            model.log.flush()
            model.settle(rounds: 20)
        default: break
        }
        let asked = ask(model, 3, at: 0)
        for _ in 0..<20 { model.settle([0], rounds: 1) }
        #expect(asked.version == (gap == "none" ? 1 : .max), "\(gap)")
        check(model)
    }

    @Test("stale-if-error after a hard purge, and a soft purge with the origin down", arguments: [true, false])
    func staleIfError(isHard: Bool) {
        let model = fleet()
        fill(model, 3)
        model.isOriginUp = false
        model.purge([.tag("odd")], at: 1, isHard ? .hard : .soft)
        model.settle(rounds: 10)
        let asked = ask(model, 3, at: 0)
        model.settle(rounds: 10)
        #expect(asked.version == (isHard ? .max : 1))
        check(model)
    }

    // MARK: The fleet

    @Test("a clock set back an hour on one instance: no verdict changes, and trimming forgets nothing unseen")
    func clockBack() {
        let model = fleet()
        model.clockOffset[1] = -3_600_000
        for round in 0..<4 {
            fill(model)
            model.purge([.tag("t0")], at: round % 2, round < 2 ? .hard : .soft)
            model.settle(rounds: 10)
            #expect(model.completed == round + 1)
            #expect(!ask(model, at: 0).isHit && !ask(model, at: 1).isHit)
            model.settle(rounds: 5)
        }
        // Retention of half an hour: what came from the wrong clock goes at once, and takes the certainty with it.
        let old = ModelEntry(
            id: 1, asOf: Position(epoch: model.log.epoch!, n: 0), instance: 0, localNumber: 0, version: 1,
            tags: ["t0", "even"], isCut: false, freshUntil: .max)
        let due = model.instances[0].table.trimmable(
            acceptedBefore: model.now - 1_800_000, maxRecords: 1000, limit: 100)
        #expect(!due.isEmpty)
        _ = model.log.trim(
            epoch: model.log.epoch!, floor: due.floor, purged: due.purges.flatMap(\.selectors), unsafeMethods: [])
        model.settle(rounds: 20)
        for it in model.instances {
            it.memory[0] = ModelStored(old)
            #expect(ask(model, at: it.name).version != 1)
        }
        check(model)
    }

    @Test("an instance away for the purge, killed and started again with a warm disk")
    func awayForThePurge() {
        let model = fleet()
        fill(model)
        model.hasSharedTier = false
        model.kill(1)
        model.purge([.prefix("h", "/a/")], at: 0, wait: 0)
        model.settle([0], rounds: 100)
        model.restart(1)
        // Nothing is known yet: nothing is used.
        #expect(!ask(model, at: 1).isHit)
        model.settle(rounds: 20)
        let asked = model.request(0, at: 1)
        model.settle(rounds: 10)
        #expect(asked?.version == 2)
        check(model)
    }

    @Test("Redis, journal, Redis: what was purged in between is not known to the log, and nothing older is used")
    func journalAgain() {
        let model = fleet()
        fill(model)
        let epoch = model.log.epoch
        model.kill(0)
        // A purge by the journal: the origin has something new, the log in Redis does not hear of it.
        model.versions[0] = 2
        model.promised[0] = nil
        model.instances[0].changesHome = true
        model.restart(0)
        model.settle(rounds: 20)
        #expect(model.log.epoch != epoch)
        #expect(ask(model, at: 0).version != 1)
        check(model)
    }

    @Test("a part of the log is evicted (allkeys-lru)", arguments: ["meta", "table", "feed", "members"])
    func evicted(part: String) {
        let model = fleet()
        fill(model)
        model.purge([.tag("t0"), .tag("t1")], at: 0)
        model.settle(rounds: 10)
        switch part {
        case "meta": model.log.epoch = nil
        case "table": (model.log.table, model.log.tableEpoch) = ([:], nil)
        case "feed": model.log.feed = []
        default: (model.log.members, model.log.membersSince) = ([:], nil)
        }
        model.purge([.tag("t0")], at: 1)
        model.settle(rounds: 20)
        #expect(model.completed == 2)
        #expect(ask(model, at: 0).version != 1 && ask(model, at: 1).version != 1)
        check(model)
    }

    @Test("Redis is full and refuses (noeviction): as good as away, and the purge is not lost")
    func full() {
        let model = fleet()
        fill(model)
        model.isServerUp = false
        model.purge(0, at: 0)
        model.settle(rounds: 10)
        #expect(model.accepted[0] == 2 && model.completed == 0)
        #expect(!ask(model, at: 0).isHit)
        model.isServerUp = true
        model.settle(rounds: 20)
        #expect(!ask(model, at: 1).isHit || model.instances[1].memory[0]?.entry.version == 2)
        check(model)
    }

    @Test("one record of several selectors is all or nothing")
    func several() {
        let model = fleet()
        for key in ModelPage.all.indices { fill(model, key) }
        model.purge([FleetModel.selector(0), .tag("t1"), .glob("/b/2"), .prefix("h", "/b/3")], at: 0)
        model.settle(rounds: 10)
        #expect(model.log.n == 1)
        for key in ModelPage.all.indices { #expect(!ask(model, key, at: 1).isHit) }
        check(model)
    }
}
