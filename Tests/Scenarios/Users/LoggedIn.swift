import TestSupport
import Testing

extension UserStories {
    @Suite("Pages of those who are logged in")
    struct LoggedIn {
        @Test("A login page with Set-Cookie is nobody else's, whatever its lifetime", arguments: Setting.Layer.allCases)
        func login(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/login?cc=public&s-maxage=600&set-cookie=session=secret"
            for turn in 1...2 {
                let page = try await setting.get(target)
                #expect(page["Set-Cookie"] == "session=secret" && page.hitTier == nil)
                #expect(page.cacheStatus == "strata; fwd=uri-miss; fwd-status=200", "\(page.cacheStatus)")
                try await setting.settle()
                #expect(try await setting.originCount(target) == turn)
            }
        }

        @Test(
            "Vary: Cookie and Vary: Authorization: each has a page of his own, stored for him, after a restart too",
            arguments: [("max-age=600", "Cookie"), ("cc=public&max-age=600", "Authorization")], Setting.Layer.allCases)
        func own(row: (query: String, field: String), layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/account?\(row.query)&vary=\(row.field)"
            for tier in [nil, layer.rawValue] {
                for user in ["alice", "bob"] {
                    let page = try await setting.get(target, ["\(row.field): \(user)"])
                    #expect(page.text == "\(row.field): \(user)\n" && page.hitTier == tier, "\(page.cacheStatus)")
                    try await setting.settle()
                }
            }
            #expect(try await setting.get(target).text == "\(row.field): \n", "a stranger has neither's")
            #expect(try await setting.originCount(target) == 3)
            guard layer != .memory else { return }
            try await setting.proxy.restart()
            for user in ["bob", "alice", "carol"] {
                let page = try await setting.get(target, ["\(row.field): \(user)"])
                #expect(page.text == "\(row.field): \(user)\n")
                #expect(page.hitTier == (user == "carol" ? nil : layer.rawValue), "\(user): \(page.cacheStatus)")
            }
        }
    }
}
