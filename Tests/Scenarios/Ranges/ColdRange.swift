import TestSupport
import Testing

extension RangeStories {
    @Suite("A range of what is not stored")
    struct ColdRange {
        @Test("It goes to the origin as it is: one byte of a large body is not paid with all of it")
        func passes() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/page/cold?size=20MB&max-age=600&ranges=1"
            let file = body(target, size: 20 << 20)
            let one = try await setting.get(target, range: "7-7")
            #expect(one.isPart(7..<8, of: file) && one.cacheStatus == "strata; fwd=uri-miss; fwd-status=206")
            let several = try await setting.get(target, range: "1-1,5-5", ["If-Range: \"none\""])
            #expect(several.status == 200)
        }

        @Test(
            "An origin that ignores Range sends the whole: it is stored, and the client gets its part",
            arguments: layers)
        func ignoredByOrigin(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/whole?size=50KB&max-age=600"
            let file = body(target, size: 50 << 10)
            let part = try await setting.get(target, range: "100-199")
            #expect(part.isPart(100..<200, of: file) && part.cacheStatus.hasPrefix("strata; fwd=uri-miss"))
            let isStored = try await eventually {
                try await setting.get(target, range: "5-9", ["Cache-Control: only-if-cached"]).hitTier == layer.rawValue
            }
            #expect(isStored)
            #expect(try await setting.get(target).body == file)
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("What may not be stored passes as it comes: a part from an origin that makes parts, else the whole")
        func notForStoring() async throws {
            let setting = try await Setting.start()
            for (query, status) in [("&ranges=1", 206), ("", 200)] {
                let target = "/page/secret?size=1000&cc=no-store" + query
                for turn in 1...3 {
                    #expect(try await setting.get(target, range: "0-9").status == status)
                    #expect(try await setting.originCount(target) == turn)
                }
            }
        }

        @Test(
            "bytes=0- of a body of unknown length is a 200; a later range is cut from the store",
            arguments: layers)
        func unknownLength(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/chunked?size=50KB&max-age=600&chunked=1"
            let whole = try await setting.get(target, range: "0-")
            #expect(whole.status == 200 && whole.body == body(target, size: 50 << 10))
            try await setting.settle()
            let part = try await setting.get(target, range: "100-199")
            #expect(part.isPart(100..<200, of: whole.body) && part.hitTier == layer.rawValue)
        }

        @Test("only-if-cached finds a part in every tier, and asks no origin")
        func onlyIfCached() async throws {
            let setting = try await Setting.start([.memory, .redis])
            let target = "/page/offline?size=1000&max-age=600&ranges=1"
            let fields = ["Cache-Control: only-if-cached"]
            #expect(try await setting.get(target, range: "0-9", fields).status == 504)
            _ = try await setting.get(target)
            try await setting.settle()
            try await setting.proxy.restart()
            let part = try await setting.get(target, range: "0-9", fields)
            #expect(part.isPart(0..<10, of: body(target, size: 1000)) && part.hitTier == "redis")
            #expect(try await setting.originCount(target) == 1)
        }
    }
}
