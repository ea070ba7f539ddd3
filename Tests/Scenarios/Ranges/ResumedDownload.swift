import TestSupport
import Testing

extension RangeStories {
    @Suite("A download goes on where it broke off")
    struct ResumedDownload {
        @Test("With If-Range and the entity tag: the rest, or all of what is new", arguments: layers)
        func byTag(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/download?size=100KB&max-age=600&etag=v1&ranges=1"
            let file = body(target, size: 100 << 10)
            _ = try await setting.get(target)
            try await setting.settle()
            let rest = try await setting.get(target, range: "50000-", ["If-Range: \"v1\""])
            #expect(rest.isPart(50_000..<file.count, of: file) && rest.hitTier == "\(layer)")
            for other in ["\"v2\"", "W/\"v1\"", "v1", "*"] {
                let whole = try await setting.get(target, range: "50000-", ["If-Range: \(other)"])
                #expect(whole.status == 200 && whole.body == file && whole.hitTier == "\(layer)", "\(other)")
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test(
            "With If-Range and the date: only the same, and only when a second tells versions apart",
            arguments: layers)
        func byDate(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let date = "Sun, 06 Nov 1994 08:49:37 GMT"
            let encoded = date.replacing(" ", with: "%20")
            let target = "/page/dated?size=1000&max-age=600&last-modified=\(encoded)"
            let file = body(target, size: 1000)
            _ = try await setting.get(target)
            try await setting.settle()
            #expect(try await setting.get(target, range: "1-", ["If-Range: \(date)"]).isPart(1..<1000, of: file))
            let later = "Sun, 06 Nov 1994 08:49:38 GMT"
            #expect(try await setting.get(target, range: "1-", ["If-Range: \(later)"]).status == 200)

            let young = target + "&date=\(encoded)&age=0"
            _ = try await setting.get(young)
            try await setting.settle()
            #expect(try await setting.get(young, range: "1-", ["If-Range: \(date)"]).status == 200)
        }

        @Test("A 304 beats a range: If-None-Match comes first", arguments: layers)
        func conditionFirst(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/known?size=1000&max-age=600&etag=v1"
            _ = try await setting.get(target)
            try await setting.settle()
            let known = try await setting.get(target, range: "0-9", ["If-None-Match: \"v1\""])
            #expect(known.status == 304 && known["Content-Range"] == nil && known.body.isEmpty)
            #expect(try await setting.get(target, range: "0-9", ["If-None-Match: \"v2\""]).status == 206)
        }

        @Test("If-Match goes to the origin with its range, stored or not", arguments: layers)
        func ifMatch(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/matched?size=1000&max-age=600&etag=v1&ranges=1"
            _ = try await setting.get(target)
            try await setting.settle()
            let part = try await setting.get(target, range: "0-9", ["If-Match: \"v1\""])
            #expect(part.isPart(0..<10, of: body(target, size: 1000)) && part.hitTier == nil)
            #expect(try await setting.originCount(target) == 2)
        }
    }
}
