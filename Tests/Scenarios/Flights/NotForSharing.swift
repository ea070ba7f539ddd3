import FixtureOrigin
import TestSupport
import Testing

extension FlightStories {
    @Suite("Not for sharing")
    struct NotForSharing {
        @Test("Uncacheable pages are fetched in parallel, not one after another", arguments: [false, true])
        func inParallel(isKnown: Bool) async throws {
            let setting = try await Setting.start()
            let target = "/page/private?size=2KB&cc=no-store&delay=500ms"
            // The second time the key is remembered as uncacheable.
            if isKnown { _ = try await setting.get(target) }
            let clients = try (0..<10).map { _ in try RawClient(setting.proxy.address) }
            let start = ContinuousClock.now
            for client in clients { try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n") }
            for client in clients {
                let page = try await client.response()
                #expect(page.body == PageBody.bytes(ofPath: "/page/private", size: 2 << 10))
                #expect(!page.cacheStatus.contains("hit") && !page.cacheStatus.contains("stored"))
                #expect(!page.cacheStatus.contains("collapsed"))
            }
            // One after another they would take 5 s; waiting for the first one's head is once more 0.5 s.
            #expect(ContinuousClock.now - start < .milliseconds(2500))
            #expect(try await setting.originCount(target) == (isKnown ? 11 : 10))
        }

        @Test("A page that becomes cacheable is stored although its key was remembered")
        func becomesCacheable() async throws {
            let setting = try await Setting.start()
            // A 500 that says nothing is not stored; the 200 after it is.
            let target = "/page/heals?statuses=500,200&last-modified=-864000"
            #expect(try await setting.get(target).status == 500)
            let second = try await setting.get(target)
            #expect(second.status == 200)
            #expect(second.isStoredMiss || second.cacheStatus.hasSuffix("stored"), "\(second.cacheStatus)")
            #expect(try await setting.get(target).hitTier == "memory")
        }
    }
}
