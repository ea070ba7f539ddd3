import TestSupport
import Testing

extension RangeStories {
    @Suite("A range beyond the end")
    struct BeyondTheEnd {
        @Test("416 says how long the body is, from every tier, and nobody may store it", arguments: layers)
        func unsatisfiable(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/end?size=1000&max-age=600&etag=v1&ranges=1"
            _ = try await setting.get(target)
            try await setting.settle()
            for range in ["1000-", "-0", "1000-2000,5000-", "18446744073709551616-"] {
                let client = try RawClient(setting.proxy.address)
                let answer = try await client.request(
                    "GET", target, ["Host: story.example", "Range: bytes=\(range)"])
                #expect(answer.status == 416 && answer["Content-Range"] == "bytes */1000", "\(range)")
                #expect(answer.body.isEmpty && answer["Content-Length"] == "0")
                #expect(answer["Cache-Control"] == "no-store" && answer["Date"] != nil)
                #expect(answer.hitTier == "\(layer)")
                let next = try await client.request("GET", target, ["Host: story.example"])
                #expect(next.status == 200 && next.body.count == 1000)
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("A 416 of the origin passes and is not stored")
        func fromOrigin() async throws {
            let setting = try await Setting.start()
            let target = "/page/far?size=1000&max-age=600&ranges=1"
            let answer = try await setting.get(target, range: "5000-")
            #expect(answer.status == 416 && answer["Content-Range"] == "bytes */1000" && answer.hitTier == nil)
            #expect(try await setting.get(target).status == 200)
        }
    }
}
