import FixtureOrigin
import TestSupport
import Testing

extension TierStories {
    @Suite("A fleet fills together")
    struct FleetFills {
        @Test("Four instances, 1,000 clients, one cold URL: the origin hears one request, and all get the body")
        func thunderingHerd() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Fleet.start(4, redis: redis.url, options: "timeout: 10s, lease: 60s")
            for proxy in fleet.proxies {
                // A page of its own each: the connections to Redis stand.
                _ = try await proxy.get("/page/warm-\(proxy.pid)?max-age=60", ["Host: story.example"])
            }
            let target = "/page/herd?size=20KB&max-age=600&delay=1s"
            let clients = try (0..<1000).map { try RawClient(fleet.proxies[$0 % 4].address, deadline: .seconds(60)) }
            for client in clients { try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n") }
            let body = PageBody.bytes(ofPath: "/page/herd", size: 20 << 10)
            for client in clients {
                let page = try await client.response()
                #expect(page.status == 200 && page.body == body)
            }
            #expect(try await fleet.origin.count(target) == 1)
        }

        @Test("The instance that fills is killed: the others answer when its lease has run out")
        func holderDies() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Fleet.start(2, redis: redis.url, options: "timeout: 10s, lease: 2s")
            let target = "/page/orphan?size=5KB&max-age=600&delay=3s"
            let first = try RawClient(fleet.proxies[0].address)
            try await first.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually { try await fleet.origin.count(target) == 1 })
            #expect(try redis.command("KEYS", "strata:lease:*") != .array([]))
            let second = try RawClient(fleet.proxies[1].address)
            try await second.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            try await fleet.proxies[0].process.kill()
            let page = try await second.response()
            #expect(page.status == 200 && page.body == PageBody.bytes(ofPath: "/page/orphan", size: 5 << 10))
            #expect(try await fleet.origin.count(target) == 2)
        }

        @Test("What may not be stored is nobody's to wait for, and leaves no lease behind")
        func uncacheable() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Fleet.start(2, redis: redis.url, options: "timeout: 10s, lease: 60s")
            let target = "/page/private?cc=no-store&pause=5s&pause-at=10&size=1KB"
            let first = try RawClient(fleet.proxies[0].address)
            try await first.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await first.readBytes(atLeast: 50)
            // The first answer is still on its way: whoever waited for its end would hear nothing yet.
            let second = try RawClient(fleet.proxies[1].address)
            try await second.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually(within: .seconds(30)) { try await fleet.origin.count(target) == 2 })
            #expect(try await eventually { try redis.command("KEYS", "strata:lease:*") == .array([]) })
            #expect(try await second.response().status == 200)
        }

        @Test("An instance that knows of a purge since the holder began does not wait for it")
        func purgedSince() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Fleet.start(2, redis: redis.url, options: "timeout: 10s, lease: 60s")
            let target = "/page/purged?size=5KB&max-age=600&delay=25s"
            let first = try RawClient(fleet.proxies[0].address)
            try await first.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually { try redis.command("KEYS", "strata:lease:*") != .array([]) })
            let purged = try await fleet.proxies[1].request("PURGE", target, ["Host: story.example"])
            #expect(purged.status == 200)
            let second = try RawClient(fleet.proxies[1].address)
            try await second.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually(within: .seconds(20)) { try await fleet.origin.count(target) == 2 })
            #expect(try await fleet.origin.count(target, of: "completed") == 0, "the first is still being fetched")
        }

        @Test("A response that varies is found by the others too, and each variant is fetched once")
        func variants() async throws {
            let redis = try RedisServer.start()
            let fleet = try await Fleet.start(2, redis: redis.url, options: "timeout: 10s, lease: 60s, write: through")
            let target = "/page/varied?max-age=600&vary=Accept-Language&size=2KB"
            for index in [0, 1, 0, 1] {
                for language in ["de", "en"] {
                    let page = try await fleet.proxies[index].get(
                        target, ["Host: story.example", "Accept-Language: \(language)"])
                    #expect(page.status == 200)
                }
            }
            #expect(try await fleet.origin.count(target) == 2)
        }
    }
}
