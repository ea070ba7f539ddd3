import Invalidation
import TestSupport
import Testing

/// The guarantee of invalidation.md over random schedules of a fleet: whatever is stopped, killed, flushed, replaced, cut
/// or paused, no client that asks after a purge was applied on all live instances gets anything older.
@Suite("A fleet, as a model")
struct FleetModelTests {
    /// A hundred schedules each.
    private static let seeds = 20

    @Test("thousands of random schedules keep the promise", arguments: 0..<Self.seeds)
    func schedules(seed: Int) {
        var hits = 0
        var staleHits = 0
        var confirmations = 0
        var completed = 0
        for schedule in 0..<100 {
            let model = FleetModel(
                seed: UInt64(seed * 1000 + schedule), instances: 2 + schedule % 2)
            model.log.feedLength = schedule % 3 == 0 ? 8 : 64
            // Fresh for so long: in some lives entries are confirmed all the time.
            model.lifetime = [500, 2000, 1_000_000][schedule % 3]
            for _ in 0..<120 where model.violation == nil { turn(model) }
            model.healAndCheck()
            hits += model.hits
            staleHits += model.staleHits
            confirmations += model.confirmations
            completed += model.completed
            if let violation = model.violation {
                Issue.record(
                    "seed \(seed), schedule \(schedule): \(violation)\n\(model.history.joined(separator: "\n"))")
                return
            }
        }
        // A model in which nothing happens proves nothing.
        #expect(
            hits > 600 && completed > 120 && staleHits > 20 && confirmations > 60,
            "\(hits) hits, \(staleHits) stale, \(confirmations) confirmed, \(completed) purges applied everywhere")
    }

    private func turn(_ model: FleetModel) {
        let name = Int.random(in: 0..<model.instances.count, using: &model.random)
        let key = Int.random(in: 0..<ModelPage.all.count, using: &model.random)
        let it = model.instances[name]
        switch Int.random(in: 0..<100, using: &model.random) {
        case 0..<25: model.request(key, at: name)
        case 25..<39: purge(model, at: name)
        case 39..<70: model.run(Int.random(in: 1...50, using: &model.random))
        case 70..<78: model.pass(Int64.random(in: 1...400, using: &model.random))
        case 78: model.pass(FleetModel.maxBlind + Int64.random(in: -500...6000, using: &model.random))
        case 79: it.isConnected = false
        case 80: model.isServerUp = false
        case 81: (model.isServerUp, it.isConnected) = (true, true)
        case 82:
            model.note("flush")
            model.log.flush()
            (model.shared, model.leases) = ([:], [:])
        case 83: model.isOriginUp.toggle()
        case 84: model.laterTags[key] = Bool.random(using: &model.random) ? ["late"] : nil
        case 85: model.replica = model.log
        case 86:
            // A failover: what the replica lacks is lost, and the tier with it.
            model.note("failover: from \(model.log.n) to \(model.replica.n)")
            model.replica.feedLength = model.log.feedLength
            model.log = model.replica
            (model.shared, model.leases) = ([:], [:])
        case 87: if it.isRunning { model.kill(name) } else { model.restart(name) }
        case 88..<90: if !it.isRunning { model.restart(name) }
        case 90: it.isPaused = true
        case 91: it.isPaused = false
        case 92: it.isConnected = true
        case 93: (model.isServerUp, it.isPaused) = (true, false)
        case 94: model.log.trim(upTo: model.log.n > 2 ? model.log.n - 2 : 0)
        case 95:
            model.note("the table is evicted")
            (model.log.table, model.log.tableEpoch) = ([:], nil)
        case 96:
            model.note("the feed is evicted")
            model.log.feed = []
        case 97:
            model.note("meta is evicted")
            model.log.epoch = nil
        case 98:
            model.note("the members are evicted")
            (model.log.members, model.log.membersSince) = ([:], nil)
        default:
            (model.isServerUp, it.isConnected, it.isPaused, model.isOriginUp) = (true, true, false, true)
            model.settle(rounds: 4)
        }
    }

    /// Of all kinds, hard and soft, one selector or several in one record.
    private func purge(_ model: FleetModel, at name: Int) {
        let count = Int.random(in: 0..<3, using: &model.random) == 0 ? Int.random(in: 2...4, using: &model.random) : 1
        let selectors = (0..<count).map { _ in ModelPage.randomSelector(&model.random) }
        let mode: InvalidationMode = Int.random(in: 0..<3, using: &model.random) == 0 ? .soft : .hard
        model.purge(selectors, at: name, mode, wait: Bool.random(using: &model.random) ? 0 : 5000)
    }
}
