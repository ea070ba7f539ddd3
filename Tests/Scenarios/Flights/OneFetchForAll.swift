import FixtureOrigin
import TestSupport
import Testing

extension FlightStories {
    @Suite("One fetch for all")
    struct OneFetchForAll {
        /// The origin pauses inside the body, so that bytes that come early must have come through a running fetch.
        private static let target = "/page/cold?size=200KB&max-age=60&delay=300ms&pause=1500ms&pause-at=5000"
        private static let body = PageBody.bytes(ofPath: "/page/cold", size: 200 << 10)

        @Test("Of 200 requests for a cold URL one reaches the origin; all get the body, its beginning at once")
        func collapse() async throws {
            let setting = try await Setting.start()
            let clients = try (0..<200).map { _ in try RawClient(setting.proxy.address) }
            for client in clients {
                try await client.send("GET \(Self.target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            }
            let early = try RawClient(setting.proxy.address)
            try await early.send("GET \(Self.target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await early.readBytes(atLeast: 4000)
            #expect(try await setting.origin.count(Self.target, of: "completed") == 0)
            var collapsed = 0
            for client in clients {
                let page = try await client.response()
                #expect(page.status == 200)
                #expect(page.body == Self.body)
                #expect(page.cacheStatus.hasPrefix("strata; fwd=uri-miss; stored"))
                if page.cacheStatus == "strata; fwd=uri-miss; stored; collapsed" { collapsed += 1 }
            }
            #expect(collapsed == 199)
            #expect(try await setting.originCount(Self.target) == 1)
            // The last byte goes out a moment before it is filed.
            #expect(try await eventually { try await setting.get(Self.target).hitTier == "memory" })
            #expect(try await setting.originCount(Self.target) == 1)
        }

        @Test("The first client goes away after 100 ms: the others get it all, from the one fetch")
        func firstClientGoes() async throws {
            let setting = try await Setting.start()
            let first = try RawClient(setting.proxy.address)
            try await first.send("GET \(Self.target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually { try await setting.originCount(Self.target) == 1 })
            let others = try (0..<50).map { _ in try RawClient(setting.proxy.address) }
            for client in others { try await client.send("GET \(Self.target) HTTP/1.1\r\nHost: story.example\r\n\r\n") }
            try await Task.sleep(for: .milliseconds(100))
            first.reset()
            for client in others { #expect(try await client.response().body == Self.body) }
            #expect(try await setting.originCount(Self.target) == 1)
        }

        @Test("The only client goes away: the fill ends all the same, and the next request is a hit")
        func onlyClientGoes() async throws {
            let setting = try await Setting.start()
            let target = "/page/alone?size=20KB&max-age=60&pause=300ms&pause-at=100"
            let client = try RawClient(setting.proxy.address)
            try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await client.readBytes(atLeast: 100)
            client.reset()
            #expect(try await eventually { try await setting.origin.count(target, of: "completed") == 1 })
            #expect(try await eventually { try await setting.get(target).hitTier == "memory" })
            #expect(try await setting.originCount(target) == 1)
        }
    }
}
