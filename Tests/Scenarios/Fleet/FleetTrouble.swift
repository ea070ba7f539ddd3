import Foundation
import TestSupport

/// Does to a fleet what happens to fleets: some purges in peace, then trouble for a moment, then everyone comes back.
struct FleetTrouble {
    private let fleet: RunningFleet
    private let promise: FleetPromise
    private var random: SplitMix
    /// The log as it was some purges ago: what a replica that lags behind has.
    private var copy = LogCopy()
    private var isRedisStopped = false
    private var isRedisDead = false

    init(_ fleet: RunningFleet, _ promise: FleetPromise, seed: UInt64) {
        self.fleet = fleet
        self.promise = promise
        random = SplitMix(state: seed)
    }

    mutating func run() async throws {
        while !promise.isOver {
            await purges(Int.random(in: 8...24, using: &random), within: .seconds(20))
            if Bool.random(using: &random) { try copy.take(from: fleet.redis) }
            await purges(Int.random(in: 1...6, using: &random), within: .seconds(20))
            if promise.isOver { return }
            for _ in 0..<(Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1) { try await disturb() }
            try await settle()
        }
    }

    /// Waits until so many more were answered, or the time is over.
    private func purges(_ count: Int, within bound: Duration) async {
        let before = promise.answered
        _ = await eventually(within: bound, every: .milliseconds(2)) {
            promise.answered >= before + count || promise.isOver
        }
    }

    /// A moment in trouble; one in four lasts longer than an instance may be blind.
    private mutating func linger() async {
        let isLong = Int.random(in: 0..<4, using: &random) == 0
        let bound = isLong ? Int.random(in: 1100...1800, using: &random) : Int.random(in: 0...400, using: &random)
        await purges(isLong ? .max / 2 : Int.random(in: 1...6, using: &random), within: .milliseconds(bound))
    }

    private mutating func disturb() async throws {
        let index = Int.random(in: 0..<fleet.proxies.count, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            promise.trouble("kill -9 instance \(index)")
            promise.setAway(index, true)
            try await fleet.proxies[index].process.kill()
            if Bool.random(using: &random) { await linger() }
        case 2:
            promise.trouble("instance \(index) restarts")
            promise.setAway(index, true)
            try await fleet.proxies[index].process.stop()
        case 3, 4:
            // The trouble before this one may have killed it: then it stays away until all is healed.
            guard !promise.isAway(index) else { return }
            promise.trouble("instance \(index) stands still")
            promise.setAway(index, true)
            fleet.proxies[index].process.send(signal: SIGSTOP)
            await linger()
            fleet.proxies[index].process.send(signal: SIGCONT)
            promise.setAway(index, false)
        case 5:
            // The trouble before this one may still last.
            guard !isRedisDead, !isRedisStopped else { return }
            promise.trouble("FLUSHALL")
            try fleet.redis.command("FLUSHALL")
        case 6:
            promise.trouble("redis dies")
            fleet.redis.kill()
            isRedisDead = true
            await linger()
        case 7:
            promise.trouble("redis stands still")
            fleet.redis.signal(.stop)
            isRedisStopped = true
            await linger()
        case 8:
            promise.trouble("redis is replaced by an empty one")
            fleet.redis.kill()
            try fleet.redis.restart()
            isRedisDead = false
        case 9:
            guard copy.isWhole, !isRedisDead, !isRedisStopped else { return }
            promise.trouble("failover to a replica that lacks the newest records")
            try copy.restore(to: fleet.redis)
        default:
            guard !isRedisDead, !isRedisStopped else { return }
            promise.trouble("connections to redis are cut")
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                try fleet.redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                await purges(1, within: .milliseconds(50))
            }
        }
    }

    // MARK: Healing

    /// Everyone is back, and follows the log.
    mutating func settle() async throws {
        if isRedisStopped { fleet.redis.signal(.cont) }
        if isRedisDead { try fleet.redis.restart() }
        (isRedisStopped, isRedisDead) = (false, false)
        for index in fleet.proxies.indices where promise.isAway(index) {
            promise.note("instance \(index) is started again")
            try await fleet.proxies[index].startAgain()
            promise.setAway(index, false)
        }
        for index in fleet.proxies.indices {
            let isBack = await eventually(within: .seconds(30), every: .milliseconds(5)) {
                let answer = try? await fleet.proxies[index].askAdmin("GET", "/cache/stats")
                return answer?.text.contains("\"in_contact\":true") ?? false
            }
            if !isBack { throw TestFailure("instance \(index) does not come back to the log") }
        }
    }
}
