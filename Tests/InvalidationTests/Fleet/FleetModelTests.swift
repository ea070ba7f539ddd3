import Invalidation
import Testing

/// The guarantee of invalidation.md over random schedules of a fleet: whatever is stopped, killed, flushed, replaced, cut
/// or paused, no client that asks after a purge was applied on all live instances gets anything older.
@Suite("A fleet, as a model")
struct FleetModelTests {
    /// Fifty schedules each.
    private static let seeds = 12

    @Test("thousands of random schedules keep the promise", arguments: 0..<Self.seeds)
    func schedules(seed: Int) {
        var hits = 0
        var completed = 0
        for schedule in 0..<50 {
            let model = FleetModel(
                seed: UInt64(seed * 1000 + schedule), instances: 2 + schedule % 2)
            model.log.feedLength = schedule % 3 == 0 ? 8 : 64
            for _ in 0..<120 where model.violation == nil { turn(model) }
            model.healAndCheck()
            hits += model.hits
            completed += model.completed
            if let violation = model.violation {
                Issue.record(
                    "seed \(seed), schedule \(schedule): \(violation)\n\(model.history.joined(separator: "\n"))")
                return
            }
        }
        // A model in which nothing happens proves nothing.
        #expect(hits > 300 && completed > 60, "\(hits) hits, \(completed) purges applied everywhere")
    }

    private func turn(_ model: FleetModel) {
        let name = Int.random(in: 0..<model.instances.count, using: &model.random)
        let key = Int.random(in: 0..<3, using: &model.random)
        let it = model.instances[name]
        switch Int.random(in: 0..<100, using: &model.random) {
        case 0..<25: model.request(key, at: name)
        case 25..<40: model.purge(key, at: name, wait: Bool.random(using: &model.random) ? 0 : 5000)
        case 40..<70: model.run(Int.random(in: 1...30, using: &model.random))
        case 70..<78: model.pass(Int64.random(in: 1...400, using: &model.random))
        case 78: model.pass(FleetModel.maxBlind + Int64.random(in: -500...6000, using: &model.random))
        case 79: it.isConnected = false
        case 80: model.isServerUp = false
        case 81: (model.isServerUp, it.isConnected) = (true, true)
        case 82:
            model.note("flush")
            model.log.flush()
            model.shared = [:]
        case 83..<86:
            model.replica = model.log
        case 86:
            // A failover: what the replica lacks is lost, and the tier with it.
            model.note("failover: from \(model.log.n) to \(model.replica.n)")
            model.replica.feedLength = model.log.feedLength
            model.log = model.replica
            model.shared = [:]
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
            (model.isServerUp, it.isConnected, it.isPaused) = (true, true, false)
            model.settle(rounds: 10)
        }
    }
}
