import TestSupport
import Testing

extension RangeStories {
    @Suite("Parts that the origin sent are kept, and the missing one is fetched")
    struct MissingPart {
        @Test("Ranges within what came are hits; more fetches only the rest; the last part makes it an ordinary page")
        func combined() async throws {
            let setting = try await Setting.start([.memory, .disk])
            let target = "/page/parts?size=100KB&max-age=600&etag=v1&ranges=1&tags=t"
            let file = body(target, size: 100 << 10)
            let first = try await setting.get(target, range: "0-9999")
            #expect(first.isPart(0..<10_000, of: file))
            #expect(first.cacheStatus == "strata; fwd=uri-miss; fwd-status=206; stored")
            for (range, expected) in [("100-199", 100..<200), ("0-9999", 0..<10_000), ("9999-9999", 9999..<10_000)] {
                let part = try await setting.get(target, range: range)
                #expect(part.isPart(expected, of: file) && part.hitTier == "memory", "\(part.cacheStatus)")
                #expect(part["ETag"] == "\"v1\"" && part.age != nil)
            }
            #expect(try await setting.originCount(target) == 1)

            let longer = try await setting.get(target, range: "5000-19999")
            #expect(longer.isPart(5000..<20_000, of: file))
            #expect(longer.cacheStatus == "strata; fwd=partial; fwd-status=206; stored")
            #expect(try await setting.get(target, range: "0-19999").hitTier == "memory")
            #expect(try await setting.get(target, range: "50000-59999").isPart(50_000..<60_000, of: file))
            #expect(try await setting.get(target, range: "-1").isPart(file.count - 1..<file.count, of: file))
            #expect(try await setting.originCount(target) == 4)

            let rest = try await setting.get(target, range: "10-102399")
            #expect(rest.isPart(10..<file.count, of: file) && rest.cacheStatus.contains("fwd=partial"))
            let whole = try await setting.get(target)
            #expect(whole.status == 200 && whole.body == file && whole.hitTier == "memory")
            #expect(whole["Content-Range"] == nil)
            #expect(try await setting.originCount(target) == 5)
        }

        @Test("Another version between two ranges: not a byte of the two is mixed")
        func changed() async throws {
            let setting = try await Setting.start()
            let target = "/version?size=50KB&max-age=600&ranges=1"
            let old = try await setting.get(target, range: "0-999")
            #expect(old["ETag"] == "\"v1\"")
            try await setting.origin.bump()
            let new = try await RawClient.get(target, from: setting.origin.address).body
            let part = try await setting.get(target, range: "500-20000")
            #expect(part.isPart(500..<20_001, of: new) && part["ETag"] == "\"v2\"", "\(part.cacheStatus)")
            #expect(try await eventually { try await setting.get(target).hitTier == "memory" })
            #expect(try await setting.get(target, range: "0-999").isPart(0..<1000, of: new))
        }

        @Test("A purge takes parts along", arguments: ["hard", "soft", "tag"])
        func purged(mode: String) async throws {
            let setting = try await Setting.start()
            let target = "/version?size=50KB&max-age=600&ranges=1&tags=t"
            #expect(try await setting.get(target, range: "0-9999")["ETag"] == "\"v1\"")
            #expect(try await setting.get(target, range: "0-99").hitTier == "memory")
            try await setting.origin.bump()
            let purge =
                switch mode {
                case "hard": try await setting.request("PURGE", target)
                case "soft": try await setting.request("PURGE", target, ["Soft-Purge: 1"])
                default: try await setting.request("PURGE", "/", ["Surrogate-Key: t"])
                }
            #expect(purge.status == 200)
            let part = try await setting.get(target, range: "0-99")
            #expect(part["ETag"] == "\"v2\"" && part.hitTier == nil)
        }

        @Test(
            "A part that can't be combined is not kept",
            arguments: [
                "max-age=600", "max-age=600&etag=W/v1", "etag=v1", "max-age=0&etag=v1", "cc=no-store&etag=v1",
                "max-age=600&etag=v1&set-cookie=a=1", "max-age=600&etag=v1&vary=Accept-Language",
                "max-age=600&etag=v1&cc=private", "max-age=600&etag=v1&content-range=bytes%2050-59/1000",
                "max-age=600&etag=v1&content-range=bytes%200-9/*", "max-age=600&etag=v1&content-range=bytes%200-8/1000",
                "max-age=600&etag=v1&content-range=bytes%200-9/5", "max-age=600&etag=v1&content-range=x",
            ])
        func notKept(query: String) async throws {
            let setting = try await Setting.start()
            let target = "/page/passed?size=1000&ranges=1&" + query
            for turn in 1...2 {
                let part = try await setting.get(target, range: "0-9")
                #expect(part.status == 206 && part.body.count == 10)
                #expect(part.cacheStatus == "strata; fwd=uri-miss; fwd-status=206", "\(part.cacheStatus)")
                #expect(try await setting.originCount(target) == turn)
            }
            #expect(try await setting.get(target).status == 200)
        }
    }
}
