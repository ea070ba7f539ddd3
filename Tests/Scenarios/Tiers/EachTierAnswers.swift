import TestSupport
import Testing

extension TierStories {
    @Suite("Each tier answers in its turn")
    struct EachTierAnswers {
        @Test("curl -I shows a miss, then memory; after a restart Redis; without Redis the disk; each time memory next")
        func curlShowsTheTier() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let proxy = setting.proxy
            let target = "/page/story?size=3KB&max-age=300"

            let miss = try await curl("-I", "-H", "Host: story.example", proxy.url(target))
            #expect(field("Cache-Status", in: miss.output) == "strata; fwd=uri-miss; stored")
            #expect(field("Age", in: miss.output) == nil)
            try await expectHit("memory", proxy.url(target))

            try await proxy.restart()
            try await expectHit("redis", proxy.url(target))
            try await expectHit("memory", proxy.url(target))

            try await proxy.process.stop()
            setting.redis?.shutdown()
            try await proxy.startAgain()
            try await expectHit("disk", proxy.url(target))
            try await expectHit("memory", proxy.url(target))
            #expect(try await setting.originCount(target) == 1)
        }

        private func expectHit(_ tier: String, _ url: String) async throws {
            let answer = try await curl("-I", "-H", "Host: story.example", url)
            #expect(answer.output.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(field("Content-Length", in: answer.output) == "3072")
            let status = field("Cache-Status", in: answer.output) ?? ""
            let match = try #require(try #/strata; hit; ttl=(\d+); detail=(\w+)/#.wholeMatch(in: status), "\(status)")
            #expect(match.2 == tier)
            let age = try #require(field("Age", in: answer.output).flatMap { Int($0) })
            #expect(age + (Int(match.1) ?? 0) == 300)
        }

        @Test("The bytes of each tier are the origin's, and Age counts on through all of them")
        func bytes() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/page/bytes?size=100KB&max-age=300&age=100"
            let body = try await RawClient.get(target, from: setting.origin.address).body
            #expect(try await setting.get(target).body == body)
            for tier in ["redis", "memory"] {
                if tier == "redis" { try await setting.proxy.restart() }
                let hit = try await setting.get(target)
                #expect(hit.hitTier == tier)
                #expect(hit.body == body)
                #expect((100...130).contains(hit.age ?? 0), "\(hit["Age"] ?? "no Age")")
            }
            try setting.forgetInRedis()
            try await setting.proxy.restart()
            let hit = try await setting.get(target)
            #expect(hit.hitTier == "disk")
            #expect(hit.body == body)
            #expect((100...130).contains(hit.age ?? 0), "\(hit["Age"] ?? "no Age")")
        }
    }
}
