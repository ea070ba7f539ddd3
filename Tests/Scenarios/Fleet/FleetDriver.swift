import Foundation
import TestSupport

/// Sends purges, and does to the fleet what happens to fleets.
struct FleetDriver {
    private let fleet: RunningFleet
    private let promise: Promise
    private var random: SplitMix
    private var isPaused: [Bool]
    private var isDead: [Bool]

    init(_ fleet: RunningFleet, _ promise: Promise, seed: UInt64) {
        self.fleet = fleet
        self.promise = promise
        random = SplitMix(state: seed)
        isPaused = Array(repeating: false, count: fleet.proxies.count)
        isDead = isPaused
    }

    mutating func run(purges: Int) async throws {
        for number in 1...purges where !promise.isOver {
            // Whoever dies is waited for: in a long life rather more purges than deaths.
            if number.isMultiple(of: purges > 1000 ? 30 : 8) { try await disturb() }
            try await purge()
        }
        for index in isDead.indices { try await heal(index) }
    }

    // MARK: Purges

    private mutating func purge() async throws {
        let index = pick(isDead.indices.filter { !isDead[$0] && !isPaused[$0] })
        guard let index else { return }
        let page = Int.random(in: 0..<FleetStories.RandomFleet.pages, using: &random)
        let target = RunningFleet.target(page)
        var path = target
        var fields = ["Purge-Wait: 500ms"]
        var pages = [page]
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: break
        case 4..<7: (path, fields) = ("/", fields + ["Surrogate-Key: t\(page)"])
        case 7: (path, pages) = ("/ver*", Array(0..<FleetStories.RandomFleet.pages))
        default: fields.append("Soft-Purge: 1")
        }
        if Int.random(in: 0..<3, using: &random) == 0 { fields.removeFirst() }
        let version = try await fleet.origin.bump()
        guard let answer = try? await fleet.purge(path, at: index, fields) else { return }
        promise.note("purge of \(pages) to \(version) at \(index): \(answer.status) \(answer.text.suffix(90))")
        guard answer.isEverywhere else { return }
        promise.raise(pages, to: version)
        for other in fleet.proxies.indices where !isDead[other] && !isPaused[other] {
            let least = promise.least(page)
            guard let got = try? await fleet.get(page, from: other) else { continue }
            promise.check(page, got.version, least: least, at: other, got.response)
        }
    }

    // MARK: Trouble

    private mutating func disturb() async throws {
        let index = Int.random(in: 0..<fleet.proxies.count, using: &random)
        // Whoever is dead or stands still comes back first: what is more interesting is how.
        if isDead[index] || isPaused[index] { return try await heal(index) }
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1:
            promise.note("kill -9 instance \(index)")
            try await fleet.proxies[index].process.kill()
            isDead[index] = true
            if Bool.random(using: &random) { try await heal(index) }
        case 2:
            promise.note("instance \(index) stands still")
            fleet.proxies[index].process.send(signal: SIGSTOP)
            isPaused[index] = true
        case 3:
            promise.note("FLUSHALL")
            try fleet.redis.command("FLUSHALL")
        case 4:
            promise.note("redis is replaced by an empty one")
            fleet.redis.kill()
            if Bool.random(using: &random) { try await purge() }
            try fleet.redis.restart()
        case 5:
            promise.note("redis stands still")
            fleet.redis.signal(.stop)
            try await purge()
            try? await Task.sleep(for: .milliseconds(Int.random(in: 0..<1500, using: &random)))
            fleet.redis.signal(.cont)
        case 6, 7:
            promise.note("connections to redis are cut")
            try fleet.redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        default:
            promise.note("instance \(index) restarts")
            try await fleet.proxies[index].restart()
        }
    }

    private mutating func heal(_ index: Int) async throws {
        if isPaused[index] {
            promise.note("instance \(index) goes on")
            fleet.proxies[index].process.send(signal: SIGCONT)
            isPaused[index] = false
        }
        if isDead[index] {
            promise.note("instance \(index) is started again")
            try await fleet.proxies[index].startAgain()
            isDead[index] = false
        }
    }

    private mutating func pick(_ all: [Int]) -> Int? { all.randomElement(using: &random) }
}

/// The same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
