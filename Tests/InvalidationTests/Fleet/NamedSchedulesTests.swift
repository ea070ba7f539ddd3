import Invalidation
import TestSupport
import Testing

/// The schedules of invalidation.md that are about the log and the fleet, by name; docs/invalidation.md has the list.
/// `NamedFlightSchedulesTests` has those about flights and tiers.
@Suite("Named schedules of a fleet")
struct NamedSchedulesTests {
    /// A fleet that follows the log, page 0 at each instance.
    private func fleet(_ count: Int = 2, seed: UInt64 = 1) -> FleetModel {
        let model = FleetModel(seed: seed, instances: count)
        model.settle(rounds: 10)
        fill(model)
        return model
    }

    private func fill(_ model: FleetModel) {
        for it in model.instances { model.request(0, at: it.name) }
        model.settle(rounds: 5)
    }

    /// Whether the instance answers page 0 without asking the origin.
    private func hits(_ model: FleetModel, at name: Int) -> Bool {
        guard let reader = model.request(0, at: name) else { return false }
        model.drive(reader, at: name)
        return reader.isHit
    }

    private func check(_ model: FleetModel, sourceLocation: SourceLocation = #_sourceLocation) {
        model.healAndCheck()
        #expect(
            model.violation == nil, "\(model.violation ?? "")\n\(model.history.joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }

    @Test("FLUSHALL with no later purge")
    func flushedAlone() {
        let model = fleet()
        model.purge(0, at: 0)
        model.settle(rounds: 10)
        fill(model)
        #expect(hits(model, at: 0) && hits(model, at: 1))
        model.log.flush()
        model.settle(rounds: 30)
        for it in model.instances { it.disk = it.memory.mapValues(\.entry) }
        #expect(!hits(model, at: 0) && !hits(model, at: 1))
        check(model)
    }

    @Test("FLUSHALL between append and a blocked tail", arguments: 0..<20 as Range<UInt64>)
    func flushedInBetween(seed: UInt64) {
        let model = fleet(seed: seed)
        model.purge(0, at: 0)
        // The record is in the log; nobody has read it.
        while model.log.n == 0, model.runOne([0]) {}
        model.log.flush()
        check(model)
    }

    @Test(
        "failover to a replica that lacks the last two records, same n issued again", arguments: 0..<20 as Range<UInt64>
    )
    func failover(seed: UInt64) {
        let model = fleet(seed: seed)
        model.replica = model.log
        // An hour behind: no clock takes part.
        model.clockOffset[0] = -3_600_000
        model.purge(0, at: 0)
        model.purge(1, at: 0)
        model.settle([0, 1], rounds: 20)
        fill(model)
        model.log = model.replica
        model.purge(0, at: 1)
        model.purge(0, at: 1)
        model.run(Int(seed))
        check(model)
    }

    @Test("the log comes back to a life that was left")
    func backToAnOldLife() {
        let model = fleet()
        model.replica = model.log
        model.log.flush()
        model.settle(rounds: 30)
        model.purge(0, at: 0)
        model.settle(rounds: 10)
        let old = model.replica.epoch
        model.log = model.replica
        model.settle(rounds: 30)
        #expect(model.log.epoch != old)
        check(model)
    }

    @Test("feed trimmed past a sleeping instance")
    func trimmedPast() {
        let model = fleet()
        model.log.feedLength = 2
        model.instances[1].isPaused = true
        for _ in 0..<6 {
            model.purge(0, at: 0, wait: 0)
            model.settle([0], rounds: 5)
        }
        model.instances[1].isPaused = false
        model.settle(rounds: 20)
        #expect(model.instances[1].table.head == model.log.n)
        check(model)
    }

    @Test("retention shorter than an entry's life, with a restart")
    func retention() {
        let model = fleet()
        model.instances[1].isConnected = false
        model.purge(0, at: 0)
        model.settle([0], rounds: 100)
        model.kill(1)
        model.log.trim(upTo: model.log.n)
        model.instances[1].isConnected = true
        model.restart(1)
        model.settle(rounds: 20)
        #expect(!hits(model, at: 1), "the record that purged it is gone, and nobody can tell")
        check(model)
    }

    @Test("hard then soft, and soft then hard, then restart", arguments: [true, false])
    func bothSorts(hardFirst: Bool) {
        let model = fleet()
        for mode in hardFirst ? [InvalidationMode.hard, .soft] : [.soft, .hard] {
            model.purge(0, at: 0, mode)
            model.settle(rounds: 10)
        }
        model.kill(1)
        model.restart(1)
        model.settle(rounds: 20)
        #expect(!hits(model, at: 1))
        check(model)
    }

    @Test("SIGSTOP shorter and longer than max_blind", arguments: [500, 2900, 3100, 60_000] as [Int64])
    func stopped(milliseconds: Int64) {
        let model = fleet()
        model.instances[1].isPaused = true
        model.purge(0, at: 0, wait: 0)
        model.settle([0], rounds: 5)
        model.pass(milliseconds)
        model.settle([0], rounds: 5)
        // At once, before anything of the log is read.
        model.instances[1].isPaused = false
        _ = hits(model, at: 1)
        #expect(hits(model, at: 1) == (milliseconds < FleetModel.maxBlind - 1500))
        check(model)
    }

    @Test("kill -9 with Redis away: what was accepted with 202 comes into the log")
    func killedWhileAway() {
        let model = fleet()
        model.isServerUp = false
        model.purge(0, at: 0)
        model.settle([0], rounds: 5)
        #expect(model.accepted[0] == 2)
        model.kill(0)
        model.restart(0)
        model.settle([0], rounds: 5)
        #expect(!hits(model, at: 0))
        model.isServerUp = true
        model.settle(rounds: 20)
        #expect(model.log.table[FleetModel.selector(0)] != nil)
        check(model)
    }

    /// What was accepted by the master that was cut off is on the acceptor's disk alone, and that has followed the new
    /// master's log already, as its disk says.
    @Test(
        "kill -9 in a new life of the log, before what was accepted in the one before is in it",
        arguments: 0..<20 as Range<UInt64>)
    func killedInANewLife(seed: UInt64) throws {
        let model = fleet(seed: seed)
        let cutOff = model.log
        // The new master: 1 alone follows it, and has page 0 from before the purge.
        model.log.flush()
        model.settle([1], rounds: 20)
        model.request(0, at: 1)
        model.settle([1], rounds: 5)
        let new = model.log
        // The old one: 0 alone reaches it, and takes a purge.
        model.log = cutOff
        model.instances[1].isConnected = false
        model.purge(0, at: 0)
        model.settle([0], rounds: 120)
        #expect(model.completed == 1, "the other is silent")
        model.log = new
        model.instances[1].isConnected = true
        let epoch = try #require(new.epoch)
        while model.instances[0].remembered.applied?.epoch != epoch {
            if !model.runOne([0]) { model.pass(100) }
        }
        model.kill(0)
        model.restart(0)
        model.settle(rounds: 20)
        #expect(model.log.epoch == epoch && model.log.table[FleetModel.selector(0)] != nil)
        #expect(!hits(model, at: 1))
        check(model)
    }

    /// The new master's log does not have the purge before its acceptor has sent it again, and tiers have what others
    /// stored before it (rule 17).
    @Test(
        "a purge of one life holds at its acceptor in the next, before it is in it", arguments: 0..<20 as Range<UInt64>)
    func heldInANewLife(seed: UInt64) throws {
        let model = fleet(seed: seed)
        let cutOff = model.log
        model.log.flush()
        model.settle([1], rounds: 20)
        model.request(0, at: 1)
        model.settle([1], rounds: 5)
        model.lateWrites.forEach { model.shared[$0.key] = $0.entry }
        #expect(model.shared[0]?.asOf.epoch == model.log.epoch)
        let new = model.log
        model.log = cutOff
        model.instances[1].isConnected = false
        model.purge(0, at: 0)
        model.settle([0], rounds: 120)
        #expect(model.completed == 1, "the other is silent")
        model.log = new
        (model.instances[0].memory, model.instances[0].disk) = ([:], [:])
        let epoch = try #require(new.epoch)
        while model.instances[0].table.epoch != epoch {
            if !model.runOne([0]) { model.pass(100) }
        }
        #expect(!hits(model, at: 0))
        model.instances[1].isConnected = true
        check(model)
    }

    @Test("start-up between append and member read", arguments: 0..<40 as Range<UInt64>)
    func startBetween(seed: UInt64) {
        let model = fleet(3, seed: seed)
        model.kill(2)
        model.settle([0, 1], rounds: 120)
        model.purge(0, at: 0)
        while model.log.n == 0, model.runOne([0]) {}
        model.restart(2)
        for _ in 0..<200 {
            model.runOne()
            model.request(0, at: 2)
        }
        check(model)
    }

    @Test("purge accepted while cut off, entries filled before and after it")
    func cutOff() {
        let model = fleet()
        model.instances[0].isConnected = false
        model.settle([0], rounds: 3)
        model.request(1, at: 0)
        model.settle([0], rounds: 3)
        model.purge(0, at: 0)
        model.settle([0], rounds: 3)
        #expect(!hits(model, at: 0), "filled before")
        model.settle([0], rounds: 2)
        #expect(hits(model, at: 0), "filled after")
        check(model)
    }

    @Test("the members' list is lost, and an instance that does not know of the others takes a purge")
    func membersLost() {
        let model = fleet(3)
        model.kill(0)
        (model.log.members, model.log.membersSince) = ([:], nil)
        // The others can't reach the log, and serve on for a while.
        for name in 1...2 { model.instances[name].isConnected = false }
        model.restart(0)
        model.purge(0, at: 0, wait: 0)
        model.settle([0], rounds: 5)
        for name in 1...2 { model.request(0, at: name) }
        #expect(model.violation == nil)
        #expect(model.completed == 0, "it must not claim that everyone has applied it")
        check(model)
    }

    @Test("a purge of one tag twice, in the wrong order of arrival")
    func wrongOrder() {
        let model = fleet()
        model.purge([.tag("t0")], at: 0)
        model.purge([.tag("t0")], at: 1, .soft)
        // The second is in the log first.
        model.settle([1], rounds: 5)
        model.settle([0], rounds: 5)
        model.settle(rounds: 10)
        check(model)
    }

    @Test(
        "a record without a place in the log is sent again until it has one, in any order",
        arguments: 0..<20 as Range<UInt64>)
    func backlog(seed: UInt64) {
        let model = fleet(seed: seed)
        model.isServerUp = false
        for turn in 0..<30 {
            model.purge(turn % 3, at: turn % 2, turn % 5 == 0 ? .soft : .hard)
            model.settle(rounds: 1)
        }
        model.log.feedLength = 8
        check(model)
    }

    @Test(
        "a record that its acceptor has by the table alone is sent again, and comes by the tail",
        arguments: 0..<20 as Range<UInt64>)
    func byTheTableAlone(seed: UInt64) {
        let model = fleet(seed: seed)
        model.purge(0, at: 0)
        while model.log.n == 0, model.runOne([0]) {}
        // The feed is thrown away, and begins again with another record.
        model.log.feed = []
        model.purge(1, at: 1)
        while model.log.n == 1, model.runOne([1]) {}
        model.settle(rounds: 6)
        #expect(model.instances[0].table.head == 2)
        #expect(model.instances[0].remembered.own.map(\.position) == [nil])
        // Its caller still waits when everything is in order.
        check(model)
    }
}
