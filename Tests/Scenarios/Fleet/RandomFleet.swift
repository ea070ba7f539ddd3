import Foundation
import TestSupport
import Testing

extension FleetStories {
    /// Clients read, purges of all kinds are sent, and parts of the fleet die, for `STRATA_FLEET_PURGES` answered purges
    /// (1,000 in the suite, 10,000 by `make soak`). `STRATA_FLEET_SEED` repeats a run, as far as processes can.
    ///
    /// The rule: once a purge was answered with `applied` on all live instances, no instance serves an older version to
    /// whoever asks after that; the instance that answered serves none, whatever it said of the others; and when all is
    /// well again, each instance knows of each purge that was accepted.
    @Suite("A random life of a fleet") struct RandomFleet {
        private static let environment = ProcessInfo.processInfo.environment
        private static let purges = environment["STRATA_FLEET_PURGES"].flatMap(Int.init) ?? 1000
        private static let seed = environment["STRATA_FLEET_SEED"].flatMap(UInt64.init) ?? .random(in: 1 ... .max)
        private static let instances = 3
        /// So many purges are on their way at once.
        private static let lanes = 4

        @Test("no instance serves a version older than what a purge promised", .timeLimit(.minutes(60)))
        func life() async throws {
            print("fleet: seed \(Self.seed), \(Self.purges) purges")
            let fleet = try await RunningFleet.start(Self.instances, maxBlind: "1s", partition: FleetPurger.partition)
            try await fleet.waitForContact(live: Self.instances)
            let promise = FleetPromise(instances: Self.instances, purges: Self.purges)
            var trouble = FleetTrouble(fleet, promise, seed: Self.seed)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<Self.instances {
                    group.addTask { await Self.read(from: index, fleet, promise) }
                }
                for lane in 0..<Self.lanes {
                    group.addTask {
                        var purger = FleetPurger(fleet, promise, seed: Self.seed &+ UInt64(lane + 1))
                        await purger.run()
                    }
                }
                do { try await trouble.run() } catch { promise.fail("\(error)") }
                try await group.waitForAll()
            }
            try await trouble.settle()
            try await checkAll(fleet, promise)
            let summary = promise.summary
            print("fleet: seed \(Self.seed), \(summary)")
            #expect(promise.violations.isEmpty, "seed \(Self.seed): \(promise.violations.prefix(3))")
            #expect(promise.keptEverywhere > Self.purges / 4, "seed \(Self.seed): \(summary)")
            #expect(promise.hits > Self.purges, "seed \(Self.seed): \(summary)")
            #expect(promise.sortsEverywhere == Set(FleetPurger.Sort.allCases), "seed \(Self.seed): \(summary)")
        }

        /// A client that asks one instance again and again.
        private static func read(from index: Int, _ fleet: RunningFleet, _ promise: FleetPromise) async {
            var page = index
            var reader = FleetReader(fleet, index)
            while !promise.isOver {
                page = (page + 1) % FleetPromise.pages
                let least = promise.least(page, at: index)
                // It may be dead, or its answer take too long.
                if let got = try? await reader.get(page) {
                    promise.check(page, got.version, least: least, at: index, got.response)
                }
                try? await Task.sleep(for: .milliseconds(3))
            }
        }

        /// Everyone follows the log: what was accepted anywhere holds everywhere.
        private func checkAll(_ fleet: RunningFleet, _ promise: FleetPromise) async throws {
            for index in 0..<Self.instances {
                let isSent = try await eventually(within: .seconds(30)) {
                    try await fleet.proxies[index].askAdmin("GET", "/cache/stats").text.contains("\"pending\":0")
                }
                #expect(isSent, "instance \(index) keeps purges to itself")
            }
            // A record that was confirmed a moment ago is on its way to the others.
            try await fleet.purgeEverywhere("/nothing")
            for index in 0..<Self.instances {
                for page in 0..<FleetPromise.pages {
                    let got = try await fleet.get(page, from: index)
                    promise.check(page, got.version, least: promise.accepted(page), at: index, got.response)
                }
            }
        }
    }
}

/// Asks one instance over a connection that it keeps.
struct FleetReader {
    private let fleet: RunningFleet
    private let index: Int
    private var client: RawClient?
    private var turn = 0
    /// A plain request four times in seven; the others ask in ways of their own.
    private static let sorts = [
        "", "", "Range: bytes=0-", "", "Cache-Control: no-cache", "", "If-None-Match: \"none\"",
    ]

    init(_ fleet: RunningFleet, _ index: Int) {
        self.fleet = fleet
        self.index = index
    }

    mutating func get(_ page: Int) async throws -> (version: Int, response: RawResponse) {
        do {
            let connection = try client ?? RawClient(fleet.proxies[index].address, deadline: .seconds(5))
            client = connection
            turn += 1
            let field = Self.sorts[turn % Self.sorts.count]
            let response = try await connection.request(
                "GET", RunningFleet.target(page), ["Host: \(RunningFleet.host)"] + (field.isEmpty ? [] : [field]))
            return (try RunningFleet.version(response), response)
        } catch {
            client = nil
            throw error
        }
    }
}
