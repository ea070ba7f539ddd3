import TestSupport
import Testing

extension UserStories {
    @Suite("A page for everybody")
    struct PublicPage {
        @Test(
            "Visitors have cookies, the page is public: one of it, whoever asks first",
            arguments: Setting.Layer.allCases)
        func cookies(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/news?cc=public&max-age=60"
            let first = try await setting.get(target, ["Cookie: session=alice; _ga=1"])
            try await setting.settle()
            for fields in [["Cookie: session=bob"], [], ["Cookie: _ga=2"]] {
                let page = try await setting.get(target, fields)
                #expect(page.hitTier == layer.rawValue && page.body == first.body, "\(page.cacheStatus)")
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test(
            "Links of a campaign are one page, and any of them purges it",
            arguments: Setting.Layer.allCases)
        func campaign(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer]) { $0.site = #"key: { query: { drop: ["utm_*"] } }"# }
            let target = "/page/offer?max-age=60"
            #expect(try await setting.get(target + "&utm_source=mail&utm_campaign=x").isStoredMiss)
            try await setting.settle()
            for link in ["", "&utm_source=feed", "&utm_term=a&utm_source=b"] {
                #expect(try await setting.get(target + link).hitTier == layer.rawValue, "\(link)")
            }
            #expect(try await setting.originCount(target) == 1, "the origin sees no utm_*")
            #expect(try await setting.request("PURGE", target + "&utm_medium=none").status == 200)
            #expect(try await setting.get(target + "&utm_source=feed").hitTier == nil)
        }

        @Test(
            "Nothing is said of caching: no lifetime is guessed but from Last-Modified, or what the site sets",
            arguments: Setting.Layer.allCases)
        func silent(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let silent = "/page/silent?size=100"
            let dated = "/page/dated?size=100&last-modified=-1000"
            for _ in 0..<2 { #expect(try await setting.get(silent).hitTier == nil) }
            #expect(try await setting.originCount(silent) == 2)
            #expect(try await setting.get(dated).isStoredMiss)
            try await setting.settle()
            let page = try await setting.get(dated)
            #expect(page.hitTier == layer.rawValue && page.body.count == 100)
            #expect(try await setting.get(dated, ["Cookie: session=1"]).hitTier == nil, "a guess is for strangers only")
        }

        @Test("A 404 that may be kept for 10 s is, and no longer", arguments: Setting.Layer.allCases)
        func notFound(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            // It comes with an age of eight seconds, so that the test has two to wait.
            let target = "/page/soon?statuses=404,200&max-age=10&age=8"
            #expect(try await setting.get(target).status == 404)
            try await setting.settle()
            let kept = try await setting.get(target)
            #expect(kept.status == 404 && kept.hitTier == layer.rawValue && (8...10).contains(kept.age ?? 0))
            #expect(try await eventually { try await setting.get(target).status == 200 })
            #expect(try await setting.originCount(target) == 2)
        }
    }
}
