import TestSupport
import Testing

extension CachingStories {
    /// attacks.md 18.
    @Suite("Users kept apart")
    struct UsersKeptApart {
        @Test(
            "A's answer never reaches B, in no tier, at once and after a restart",
            arguments: [
                // What the page says, and the field that tells A from B. The page shows that field's value.
                ("vary=Authorization&max-age=60", "Authorization: Basic "),
                ("vary=Cookie&max-age=60", "Cookie: session="),
                ("vary=Cookie&max-age=60&set-cookie=session=new", "Cookie: session="),
                ("vary=Authorization&max-age=60&cc=public", "Authorization: Basic "),
            ], [Set(Setting.Layer.allCases)] + Setting.Layer.allCases.map { [$0] })
        func varied(row: (query: String, field: String), layers: Set<Setting.Layer>) async throws {
            let setting = try await Setting.start(layers)
            for _ in 0..<2 {
                for user in ["alice", "bob", "alice"] {
                    let page = try await setting.get("/page/me?" + row.query, [row.field + user])
                    #expect(page.text.contains(user), "\(page.text) \(page.cacheStatus)")
                    try await setting.settle()
                }
                try await setting.proxy.restart()
            }
        }

        /// `echo` shows the request's fields, so the answer is the user's own.
        @Test(
            "An answer to Authorization is not stored, unless it says that it may be (RFC 9111 §3.5)",
            arguments: [
                ("max-age=60", false), ("cc=public&max-age=60", true), ("s-maxage=60", true),
                ("max-age=60&cc=must-revalidate", true), ("etag=a&last-modified=-86400", false),
            ], Setting.Layer.allCases)
        func authorization(row: (query: String, isStored: Bool), layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/auth?" + row.query
            let tier = row.isStored ? layer.rawValue : nil
            _ = try await setting.get(target, ["Authorization: Basic YTph"])
            try await setting.settle()
            #expect(try await setting.get(target, ["Authorization: Basic Yjpi"]).hitTier == tier)
            guard layer != .memory else { return }
            try await setting.proxy.restart()
            #expect(try await setting.get(target).hitTier == tier)
        }

        @Test("Set-Cookie reaches the one who asked, each time from the origin; waiting for it shares nothing")
        func setCookie() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/page/login?max-age=60&set-cookie=session=secret&delay=300ms"
            let clients = try (0..<5).map { _ in try RawClient(setting.proxy.address) }
            for client in clients { try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n") }
            for client in clients {
                let page = try await client.response()
                #expect(page["Set-Cookie"] == "session=secret")
                #expect(page.hitTier == nil && !page.cacheStatus.contains("collapsed"))
            }
            #expect(try await setting.originCount(target) == 5)
            #expect(try setting.redis?.command("KEYS", "strata:e:*") == .array([]))
        }

        @Test(
            "A guessed lifetime is not for requests with Cookie; an explicit one is", arguments: Setting.Layer.allCases)
        func cookies(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) { $0.site = "cache: { default_ttl: 60s }" }
            for _ in 0..<2 {
                #expect(try await setting.get("/page/guess?size=9", ["Cookie: a=1"]).hitTier == nil)
            }
            #expect(try await setting.originCount("/page/guess?size=9") == 2)
            _ = try await setting.get("/page/guess?size=9")
            try await setting.settle()
            #expect(try await setting.get("/page/guess?size=9").hitTier == tier)
            #expect(try await setting.get("/page/guess?size=9", ["Cookie: a=1"]).hitTier == nil)
            #expect(try await setting.get("/page/guess?size=9").hitTier == tier, "the others still have it")
            _ = try await setting.get("/page/explicit?max-age=60", ["Cookie: a=1"])
            try await setting.settle()
            #expect(try await setting.get("/page/explicit?max-age=60", ["Cookie: a=2"]).hitTier == tier)
        }
    }
}
