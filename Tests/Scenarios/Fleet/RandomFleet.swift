import Foundation
import Synchronization
import TestSupport
import Testing

extension FleetStories {
    /// Clients read, purges of all kinds are sent, and parts of the fleet die, for `STRATA_FLEET_PURGES` purges (a
    /// few in the suite, 10,000 by `make soak`). `STRATA_FLEET_SEED` repeats a run, as far as processes can.
    ///
    /// The rule: once a purge was answered with `applied` on all live instances, no instance serves an older version to
    /// whoever asks after that.
    @Suite("A random life of a fleet") struct RandomFleet {
        private static let environment = ProcessInfo.processInfo.environment
        private static let purges = environment["STRATA_FLEET_PURGES"].flatMap(Int.init) ?? 50
        private static let seed = environment["STRATA_FLEET_SEED"].flatMap(UInt64.init) ?? .random(in: 1 ... .max)
        static let pages = 5

        @Test("no instance serves a version older than what a purge promised", .timeLimit(.minutes(60)))
        func life() async throws {
            print("fleet: seed \(Self.seed), \(Self.purges) purges")
            let fleet = try await RunningFleet.start(3, maxBlind: "1s")
            let promise = Promise(pages: Self.pages)
            var driver = FleetDriver(fleet, promise, seed: Self.seed)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<3 {
                    group.addTask { await Self.read(from: index, fleet, promise) }
                }
                try await driver.run(purges: Self.purges)
                promise.end()
                try await group.waitForAll()
            }
            let summary = promise.summary
            print("fleet: seed \(Self.seed), \(summary)")
            #expect(promise.violations.isEmpty, "seed \(Self.seed): \(promise.violations.prefix(3))")
            #expect(promise.keptEverywhere > Self.purges / 25, "\(summary)")
            #expect(promise.hits > Self.purges, "\(summary)")
        }

        /// A client that asks one instance again and again.
        private static func read(from index: Int, _ fleet: RunningFleet, _ promise: Promise) async {
            var page = index
            while !promise.isOver {
                page = (page + 1) % pages
                let least = promise.least(page)
                guard let got = try? await fleet.get(page, from: index) else {
                    // It is dead, or its answer takes too long.
                    try? await Task.sleep(for: .milliseconds(20))
                    continue
                }
                promise.check(page, got.version, least: least, at: index, got.response)
            }
        }
    }
}

/// What was promised, and what was seen.
final class Promise: Sendable {
    private struct State {
        var least: [Int]
        var history: [String] = []
        var violations: [String] = []
        var reads = 0
        var hits = 0
        var keptEverywhere = 0
        var isOver = false
    }

    private let state: Mutex<State>

    init(pages: Int) { state = Mutex(State(least: Array(repeating: 0, count: pages))) }

    var violations: [String] { state.withLock { $0.violations } }
    var keptEverywhere: Int { state.withLock { $0.keptEverywhere } }
    var hits: Int { state.withLock { $0.hits } }
    var isOver: Bool { state.withLock { $0.isOver || !$0.violations.isEmpty } }
    var summary: String {
        state.withLock {
            "\($0.reads) reads, \($0.hits) of them hits, \($0.keptEverywhere) purges applied everywhere, "
                + "\($0.violations.count) violations"
        }
    }

    func end() { state.withLock { $0.isOver = true } }
    func least(_ page: Int) -> Int { state.withLock { $0.least[page] } }

    func note(_ text: String) {
        state.withLock { state in
            state.history.append(text)
            if state.history.count > 60 { state.history.removeFirst() }
        }
    }

    func raise(_ pages: [Int], to version: Int) {
        state.withLock { state in
            state.keptEverywhere += 1
            for page in pages { state.least[page] = max(state.least[page], version) }
        }
    }

    func check(_ page: Int, _ version: Int, least: Int, at index: Int, _ response: RawResponse) {
        state.withLock { state in
            state.reads += 1
            if response.hitTier != nil { state.hits += 1 }
            guard version < least else { return }
            state.violations.append(
                "instance \(index) served version \(version) of page \(page), \(least) was promised: "
                    + response.cacheStatus + "\n" + state.history.joined(separator: "\n"))
        }
    }
}
