import Foundation
import TestSupport
import Testing

extension FleetStories {
    @Suite("A purge and the others") struct FleetPurges {
        private func warm(_ fleet: RunningFleet, _ page: Int = 0) async throws {
            for index in fleet.proxies.indices { _ = try await fleet.get(page, from: index) }
            for index in fleet.proxies.indices {
                let isWarm = try await eventually {
                    try await fleet.get(page, from: index).response.hitTier == "memory"
                }
                if !isWarm { throw TestFailure("instance \(index) does not keep the page") }
            }
        }

        @Test("Purge-Wait: the answer counts the instances, and none of them serves the old version after it")
        func waits() async throws {
            let fleet = try await RunningFleet.start(3, maxBlind: "30s")
            try await fleet.waitForContact(live: 3)
            try await warm(fleet)
            for round in 2...6 {
                try await fleet.origin.bump()
                let path = round.isMultiple(of: 2) ? RunningFleet.target(0) : "/"
                let fields = round.isMultiple(of: 2) ? [] : ["Surrogate-Key: t0"]
                let answer = try await fleet.purge(path, at: round % 3, fields + ["Purge-Wait: 20s"])
                #expect(answer.status == 200 && answer.live == 3 && answer.applied == 3, "\(answer.text)")
                for index in 0..<3 { #expect(try await fleet.get(0, from: index).version == round) }
            }
            let bad = try await fleet.purge(RunningFleet.target(0), at: 0, ["Purge-Wait: soon"])
            #expect(bad.status == 400 && bad.text.contains("Purge-Wait"))
        }

        @Test("An instance that was away for the purge catches up before it serves, with a warm disk")
        func away() async throws {
            let fleet = try await RunningFleet.start(2)
            try await fleet.waitForContact(live: 2)
            try await warm(fleet)
            try await fleet.proxies[1].process.kill()
            try await fleet.origin.bump()
            #expect(try await fleet.purge(RunningFleet.target(0), at: 0).status == 200)
            try await fleet.proxies[1].startAgain()
            let got = try await fleet.get(0, from: 1)
            #expect(got.version == 2, "\(got.response.cacheStatus)")
        }

        @Test(
            "One that stands still is counted and waited for; when it goes on it serves nothing old",
            arguments: [false, true])
        func standsStill(long: Bool) async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "1s")
            try await fleet.waitForContact(live: 2)
            try await warm(fleet)
            fleet.proxies[1].process.send(signal: SIGSTOP)
            try await fleet.origin.bump()
            let first = try await fleet.purge(RunningFleet.target(0), at: 0, ["Purge-Wait: 500ms"])
            // On a machine that stood still itself, the member may be silent by now.
            #expect(first.silent == 1 || first.status == 202 && first.live == 2 && first.applied == 1, "\(first.text)")
            if long {
                // max_blind and five seconds.
                let isSilent = try await eventually(within: .seconds(60), every: .milliseconds(200)) {
                    let answer = try await fleet.purge("/elsewhere", at: 0, ["Purge-Wait: 100ms"])
                    return answer.status == 200 && answer.silent == 1 && answer.live == 1
                }
                #expect(isSilent)
            }
            fleet.proxies[1].process.send(signal: SIGCONT)
            let isCurrent = try await eventually { try await fleet.get(0, from: 1).version == 2 }
            #expect(isCurrent)
            if long { #expect(try await fleet.get(0, from: 1).version == 2) }
        }

        @Test("A purge that waits for the others is answered when its instance is stopped, which then ends")
        func stoppedWhileWaiting() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await fleet.waitForContact(live: 2)
            fleet.proxies[1].process.send(signal: SIGSTOP)
            async let byAdmin = fleet.invalidate(#"{"all":true,"wait":"60s"}"#, at: 0)
            async let byClient = fleet.purge(RunningFleet.target(0), at: 0, ["Purge-Wait: 60s"])
            // Both records are in the log: they wait for the one that stands still.
            let areThere = try await eventually {
                try await fleet.proxies[0].askAdmin("GET", "/cache/stats").text.contains("-2\"")
            }
            #expect(areThere)
            let began = ContinuousClock.now
            _ = try await fleet.proxies[0].process.stop(within: .seconds(20))
            #expect(began.duration(to: .now) < .seconds(10))
            for answer in [try await byAdmin, try await byClient] {
                #expect(answer.status == 202 && answer.isPlaced && answer.applied == 1, "\(answer.text)")
            }
            fleet.proxies[1].process.send(signal: SIGCONT)
        }

        @Test("strata purge waits for all, and ends with 2 where one has not applied it in time")
        func command() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await fleet.waitForContact(live: 2)
            let arguments = ["purge", "--host", RunningFleet.host, "--admin", fleet.proxies[0].adminURL("")]
            let done = try await run("strata", arguments + ["--wait", "20s"])
            #expect(done.exit == .exit(0), "\(done.output)\(done.errors)")
            fleet.proxies[1].process.send(signal: SIGSTOP)
            let late = try await run("strata", arguments + ["--wait", "200ms"])
            #expect(late.exit == .exit(2), "\(late.output)\(late.errors)")
            #expect((late.output + late.errors).contains("1 of 2"), "\(late.output)\(late.errors)")
            fleet.proxies[1].process.send(signal: SIGCONT)
        }

        @Test("With Redis away a purge is 202, holds here, survives kill -9, and reaches the other when Redis is back")
        func redisAway() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "1s")
            try await fleet.waitForContact(live: 2)
            try await warm(fleet)
            fleet.redis.kill()
            try await fleet.origin.bump()
            let answer = try await fleet.purge(RunningFleet.target(0), at: 0, ["Purge-Wait: 1s"])
            #expect(answer.status == 202 && !answer.isPlaced, "\(answer.text)")
            #expect(try await fleet.get(0, from: 0).version == 2)
            // The other one is blind after a second at the latest.
            let isValidated = try await eventually { try await fleet.get(0, from: 1).version == 2 }
            #expect(isValidated)
            try await fleet.proxies[0].restart(hard: true)
            #expect(try await fleet.get(0, from: 0).version == 2)
            try fleet.redis.restart()
            let isSent = try await eventually(within: .seconds(30)) {
                let status = try await fleet.proxies[0].askAdmin("GET", "/cache/stats").text
                return status.contains("\"pending\":0") && status.contains("\"in_contact\":true")
            }
            #expect(try fleet.redis.command("EXISTS", "strata:{log}:feed") == .integer(1))
            #expect(isSent)
            for index in 0..<2 { #expect(try await fleet.get(0, from: index).version == 2) }
        }

        @Test("What one instance fetched, another has from Redis, and a purge takes it from both")
        func shared() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s", disk: false)
            try await fleet.waitForContact(live: 2)
            _ = try await fleet.get(0, from: 0)
            let isShared = try await eventually { try await fleet.get(1, from: 0).response.hitTier == "memory" }
            #expect(isShared)
            #expect(try await eventually { try await fleet.get(0, from: 1).response.hitTier != nil })
            #expect(try await fleet.origin.count(RunningFleet.target(0)) == 1)
        }

        @Test("Redis, then the journal, then Redis again: nothing that was purged in between comes back (rule 19)")
        func journalAgain() async throws {
            let origin = try await Origin.start()
            let redis = try RedisServer.start()
            let folder = try TemporaryFolder()
            let withRedis = RunningFleet.configuration(origin, redis, folder: folder)
            let without = RunningFleet.configuration(origin, nil, folder: folder)
            let target = RunningFleet.target(0)
            let host = ["Host: fleet.example"]
            let proxy = try await Proxy.start(without, in: folder)
            #expect(try await proxy.get(target, host).text == "version 1\n")
            for (round, text) in [withRedis, without, withRedis, without].enumerated() {
                try folder.write(text, to: "proxy.conf")
                try await proxy.restart()
                let answer = try await proxy.get(target, host)
                #expect(answer.text == "version \(round + 1)\n" && answer.hitTier == nil, "\(answer.cacheStatus)")
                #expect(try await eventually { try await proxy.get(target, host).hitTier != nil })
                try await origin.bump()
                #expect(try await proxy.request("PURGE", target, host).status == 200)
            }
        }
    }
}
