import TestSupport
import Testing

extension CachingStories {
    @Suite("Freshness")
    struct Freshness {
        @Test(
            "A page counts its age, goes stale, is confirmed by a 304 and is young again",
            arguments: Setting.Layer.allCases)
        func confirmed(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/short?max-age=3&etag=v1&size=2KB"
            #expect(try await setting.get(target).isStoredMiss)
            try await setting.settle()
            var ages: [Int] = []
            var confirmed: RawResponse?
            _ = try await eventually(every: .milliseconds(100)) {
                let page = try await setting.get(target)
                if page.hitTier == nil { confirmed = page } else { ages.append(page.age ?? -1) }
                return confirmed != nil
            }
            #expect(Set(ages).count > 1 && ages == ages.sorted() && ages.allSatisfy { $0 < 3 }, "\(ages)")
            #expect(confirmed?.cacheStatus.hasPrefix("strata; fwd=stale; fwd-status=304") == true)
            #expect(confirmed?.status == 200)
            #expect(confirmed?.body.count == 2048)
            // A request may still join the flight that has just been answered.
            try await setting.settle()
            let next = try await setting.get(target)
            #expect(next.hitTier == layer.rawValue, "\(next.cacheStatus)")
            #expect((next.age ?? 9) <= 1)
            #expect(try await setting.originCount(target) == 2)
        }

        @Test("A changed page replaces the stale one", arguments: Setting.Layer.allCases)
        func replaced(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            #expect(try await setting.get("/version?max-age=0").text == "version 1\n")
            try await setting.settle()
            try await setting.origin.bump()
            #expect(try await setting.get("/version?max-age=0").text == "version 2\n")
        }

        @Test(
            "What is never stored, and why",
            arguments: [
                "cc=no-store&max-age=60", "cc=private&max-age=60", "status=500", "status=302", "size=10&date=none",
                "max-age=60&set-cookie=a=1", "max-age=60&vary=*", "expires=-60", "expires=0x",
            ], Setting.Layer.allCases)
        func notStored(query: String, layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/never?" + query
            for turn in 1...2 {
                let page = try await setting.get(target)
                #expect(page.hitTier == nil)
                #expect(try await setting.originCount(target) == turn, "\(page.cacheStatus)")
            }
        }

        @Test("no-cache is stored, and confirmed by the origin at each use", arguments: Setting.Layer.allCases)
        func noCache(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/checked?cc=no-cache&etag=v1"
            _ = try await setting.get(target)
            try await setting.settle()
            for turn in 2...3 {
                let page = try await setting.get(target)
                #expect(page.text == "GET /page/checked\n")
                #expect(page.cacheStatus.hasPrefix("strata; fwd=stale; fwd-status=304"), "\(page.cacheStatus)")
                #expect(try await setting.originCount(target) == turn)
            }
        }

        @Test("What the client asks for: no-cache, max-age, only-if-cached", arguments: Setting.Layer.allCases)
        func clientDirectives(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/asked?max-age=60&etag=v1&age=5"
            #expect(try await setting.get(target, ["Cache-Control: only-if-cached"]).status == 504)
            #expect(try await setting.originCount(target) == 0)
            _ = try await setting.get(target)
            try await setting.settle()
            #expect(try await setting.get(target, ["Cache-Control: only-if-cached"]).hitTier == layer.rawValue)
            #expect(try await setting.get(target, ["Cache-Control: max-age=30"]).hitTier == layer.rawValue)
            // What is stored is fresh: it is the request that sends these to the origin (RFC 9211 §2.2).
            for wish in ["max-age=2", "no-cache"] {
                let asked = try await setting.get(target, ["Cache-Control: \(wish)"])
                #expect(
                    asked.hitTier == nil && asked.cacheStatus.hasPrefix("strata; fwd=request"), "\(asked.cacheStatus)")
            }
            #expect(try await setting.originCount(target) == 3)
        }

        @Test(
            "Ranges come from the store; a range of a page that is not there does not spoil it",
            arguments: Setting.Layer.allCases)
        func ranges(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/ranged?max-age=60&size=1000&ranges=1"
            let early = try await setting.get(target, ["Range: bytes=10-19"])
            #expect(early.status == 206)
            let whole = try await setting.get(target)
            #expect(whole.status == 200 && whole.body.count == 1000)
            #expect(early.body == Array(whole.body[10...19]))
            try await setting.settle()
            let part = try await setting.get(target, ["Range: bytes=-5"])
            let beyond = try await setting.get(target, ["Range: bytes=1000-"])
            #expect(part.status == 206 && part.hitTier == layer.rawValue)
            #expect(part.body == Array(whole.body.suffix(5)))
            #expect(part["Content-Range"] == "bytes 995-999/1000")
            #expect(beyond.status == 416)
        }
    }
}
