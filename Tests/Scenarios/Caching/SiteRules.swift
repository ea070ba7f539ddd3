import TestSupport
import Testing

extension CachingStories {
    @Suite("Rules of the site")
    struct SiteRules {
        @Test(
            "Dropped and sorted parameters: one page, and the origin sees what is in the key",
            arguments: Setting.Layer.allCases)
        func query(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = #"key: { query: { drop: ["utm_*", "fbclid"], sort: true } }"#
            }
            let kept = "/page/q?a=1&b=2&max-age=60"
            #expect(try await setting.get("/page/q?b=2&utm_source=x&max-age=60&a=1&fbclid=7").isStoredMiss)
            try await setting.settle()
            for same in [kept, "/page/q?max-age=60&b=2&a=1", "/page/q?a=1&b=2&max-age=60&utm_medium=y&utm_id=1"] {
                #expect(try await setting.get(same).hitTier == tier, "\(same)")
            }
            #expect(try await setting.originCount(kept) == 1)
            for other in [
                "/page/q?a=2&b=2&max-age=60", "/page/q?a=1&b=2&max-age=60&utm=1", "/page/Q?a=1&b=2&max-age=60",
            ] {
                #expect(try await setting.get(other).hitTier == nil, "\(other)")
            }
        }

        @Test(
            "cache: false, ttl and strip_cookies, the first rule that sets it",
            arguments: Setting.Layer.allCases)
        func rules(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = """
                    rules:
                      - { match: { path: "/page/admin/*" }, cache: false }
                      - { match: { path: "/page/static/*" }, ttl: 7d, strip_cookies: true }
                      - { match: { path: "/page/*" }, ttl: 30s }
                    """
            }
            for _ in 0..<2 { #expect(try await setting.get("/page/admin/x?max-age=60").hitTier == nil) }
            #expect(try await setting.originCount("/page/admin/x?max-age=60") == 2)

            let logo = "/page/static/logo?max-age=1&set-cookie=a=1&vary=Cookie"
            let first = try await setting.get(logo, ["Cookie: secret=1"])
            #expect(first["Set-Cookie"] == nil)
            #expect(!first.text.contains("secret"), "the origin saw the cookie")
            try await setting.settle()
            let hit = try await setting.get(logo, ["Cookie: other=2"])
            #expect(hit.hitTier == tier)
            #expect(
                hit.cacheStatus.contains("ttl=6047") || hit.cacheStatus.contains("ttl=604800"), "\(hit.cacheStatus)")

            _ = try await setting.get("/page/plain?max-age=3600")
            try await setting.settle()
            let plain = try await setting.get("/page/plain?max-age=3600")
            #expect(plain.cacheStatus == "strata; hit; ttl=30; detail=\(tier)" || plain.cacheStatus.contains("ttl=29"))
            #expect(plain["Cache-Control"] == "max-age=3600")
            for _ in 0..<2 { #expect(try await setting.get("/page/mine?cc=private").hitTier == nil) }
        }

        @Test(
            "Hosts have their own pages and their own rules; an unknown host is 421",
            arguments: Setting.Layer.allCases)
        func hosts(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer])
            for host in ["one.example", "two.example"] {
                let page = try await setting.get("/page/h?max-age=60&vary=Host", ["Host: \(host)"])
                #expect(page.text == "Host: \(host)\n")
                #expect(page.hitTier == nil)
            }
            try await setting.settle()
            #expect(try await setting.get("/page/h?max-age=60&vary=Host", ["Host: ONE.example."]).hitTier == tier)
        }

        @Test(
            "What Location and Content-Location of its answer name goes too, on this host only (RFC 9111 §4.4)",
            arguments: Setting.Layer.allCases)
        func relatedTargets(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer])
            let (list, item, other) = ("/page/list?max-age=60", "/page/item?max-age=60", "/page/other?max-age=60")
            for target in [list, item, other] {
                _ = try await setting.get(target)
                try await setting.settle()
                #expect(try await setting.get(target).hitTier == tier)
            }
            let related = "header=Location:%20/page/list%3Fmax-age%3D60&header=Content-Location:%20item%3Fmax-age%3D60"
            #expect(try await setting.request("POST", "/page/new?\(related)", body: "x").status == 200)
            #expect(try await setting.get(list).hitTier == nil)
            #expect(try await setting.get(item).hitTier == nil)
            #expect(try await setting.get(other).hitTier == tier)
            let foreign = "header=Location:%20http://elsewhere.example/page/other%3Fmax-age%3D60"
            #expect(try await setting.request("POST", "/page/new?\(foreign)", body: "x").status == 200)
            #expect(try await setting.get(other).hitTier == tier)
        }

        @Test("A page that only a tier below still has is taken out too")
        func onlyBelow() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/page/below?max-age=60"
            _ = try await setting.get(target)
            try await setting.settle()
            try await setting.proxy.restart()
            #expect(try await setting.request("DELETE", target, body: "x").status == 200)
            #expect(try await setting.get(target).hitTier == nil)
        }

        @Test(
            "An unsafe method that succeeds takes the page out; one that fails leaves it (RFC 9111 §4.4)",
            arguments: Setting.Layer.allCases)
        func unsafeMethods(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer])
            let target = "/page/edit?max-age=60"
            for method in ["POST", "DELETE", "PUT"] {
                _ = try await setting.get(target)
                try await setting.settle()
                #expect(try await setting.get(target).hitTier == tier)
                #expect(try await setting.request(method, target, body: "x").status == 200)
                let next = try await setting.get(target)
                #expect(next.hitTier == nil, "\(method)")
            }
            let broken = "/page/broken?max-age=60&statuses=200,500"
            _ = try await setting.get(broken)
            try await setting.settle()
            #expect(try await setting.request("POST", broken, body: "x").status == 500)
            #expect(try await setting.get(broken).hitTier == tier)
        }
    }
}
