import TestSupport
import Testing

extension CachingStories {
    @Suite("Stale while revalidating")
    struct StaleWhileRevalidating {
        /// Stale as soon as it is stored: it comes with an age above its lifetime. The origin takes a second.
        private let target = "/version?max-age=10&age=20&cc=stale-while-revalidate=600&delay=1s"

        @Test(
            "A hundred requests at once: nobody waits, one of them reaches the origin, the next see the new version",
            arguments: Setting.Layer.allCases)
        func nobodyWaits(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            #expect(try await setting.get(target).text == "version 1\n")
            try await setting.settle()
            try await setting.origin.bump()
            let answers = try await withThrowingTaskGroup(of: RawResponse.self) { group in
                for _ in 0..<100 { group.addTask { try await setting.get(target) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.text == "version 1\n" && $0.hitTier == layer.rawValue })
            #expect(answers.allSatisfy { $0.cacheStatus.hasPrefix("strata; hit; ttl=-") && ($0.age ?? 0) >= 20 })
            #expect(try await setting.originCount(target) == 2)
            try await setting.settle()
            #expect(try await setting.get(target).text == "version 2\n")
        }

        @Test("After a restart the stale page comes at once from below, and is confirmed behind it")
        func fromBelow() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            _ = try await setting.get(target)
            try await setting.settle()
            try await setting.proxy.restart()
            try await setting.origin.bump()
            let stale = try await setting.get(target)
            #expect(stale.text == "version 1\n" && stale.hitTier == "redis", "\(stale.cacheStatus)")
            try await setting.settle()
            #expect(try await setting.get(target).text == "version 2\n")
        }

        @Test("must-revalidate forbids it: the client waits for the origin, and without one gets 504")
        func mustRevalidate() async throws {
            let setting = try await Setting.start()
            let strict = "/version?max-age=10&age=20&cc=must-revalidate,stale-while-revalidate=600"
            #expect(try await setting.get(strict).text == "version 1\n")
            try await setting.origin.bump()
            #expect(try await setting.get(strict).text == "version 2\n")
            try await setting.origin.process.kill()
            #expect(try await setting.get(strict).status == 504)
        }

        @Test("What the origin answers meanwhile and may not be stored takes the stale page's place")
        func notStoredAnyMore() async throws {
            let setting = try await Setting.start([.memory, .disk])
            let page = "/page/gone?statuses=200,412&max-age=10&age=20&cc=stale-while-revalidate=600"
            _ = try await setting.get(page)
            try await setting.settle()
            #expect(try await setting.get(page).hitTier == "memory")
            try await setting.settle()
            #expect(try await setting.get(page).status == 412)
        }
    }
}
