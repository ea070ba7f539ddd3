import TestSupport
import Testing

extension RangeStories {
    @Suite("A video asked for in ranges")
    struct VideoInRanges {
        @Test("A player opens with bytes=0-, then jumps about: one fetch, every byte right", arguments: layers)
        func player(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let size = 300 << 10
            let target = "/page/video?size=300KB&max-age=600&etag=v1&ranges=1&type=video/mp4"
            let video = body(target, size: size)
            let opening = try await setting.get(target, range: "0-")
            #expect(opening.isPart(0..<size, of: video))
            #expect(opening.cacheStatus == "strata; fwd=uri-miss; stored")
            try await setting.settle()

            let jumps = [0..<1, 0..<65536, 65536..<131072, size - 1..<size, 16_380..<16_390, 200_000..<size]
            for range in jumps {
                let part = try await setting.get(target, range: "\(range.lowerBound)-\(range.upperBound - 1)")
                #expect(part.isPart(range, of: video), "\(range): \(part.status) \(part["Content-Range"] ?? "")")
                #expect(part.hitTier == "\(layer)")
                #expect(part["Content-Type"] == "video/mp4" && part["ETag"] == "\"v1\"" && part.age != nil)
                #expect(part["Accept-Ranges"] == "bytes")
            }
            #expect(try await setting.get(target, range: "\(size - 100)-").isPart(size - 100..<size, of: video))
            #expect(try await setting.get(target, range: "-100").isPart(size - 100..<size, of: video))
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("A small body that lies in its entry is cut too, and a pipelined request follows", arguments: layers)
        func small(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/small?size=1000&max-age=600"
            let page = body(target, size: 1000)
            #expect(try await setting.get(target).body == page)
            try await setting.settle()
            let client = try RawClient(setting.proxy.address)
            let head = "GET \(target) HTTP/1.1\r\nHost: story.example\r\n"
            try await client.send(
                head + "Range: bytes=10-19\r\n\r\n" + head + "Range: bytes=-1\r\n\r\n" + head + "\r\n")
            let answers = try await client.responses(3)
            #expect(answers[0].isPart(10..<20, of: page))
            #expect(answers[1].isPart(999..<1000, of: page))
            #expect(answers[2].status == 200 && answers[2].body == page)
        }

        @Test("HEAD, another unit and a Range that is none get the head or the whole", arguments: layers)
        func ignored(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/ignored?size=1000&max-age=600"
            for turn in 0..<2 {
                for range in ["items=1-2", "bytes=5-2", "bytes=x", "bytes=1-2\r\nRange: bytes=1-2"] {
                    let whole = try await setting.get(target, ["Range: \(range)"])
                    #expect(whole.status == 200 && whole.body == body(target, size: 1000), "\(range) \(turn)")
                }
                let head = try await setting.request("HEAD", target, ["Range: bytes=1-2"])
                #expect(head.status == 200 && head["Content-Length"] == "1000")
                try await setting.settle()
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("Only a 200 is cut: a stored 404 goes out whole", arguments: layers)
        func notFound(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/missing?status=404&size=1000&max-age=600"
            for _ in 0..<2 {
                let whole = try await setting.get(target, range: "0-")
                #expect(whole.status == 404 && whole.body.count == 1000)
                try await setting.settle()
            }
            #expect(try await setting.get(target, range: "5-9").status == 404)
        }
    }
}
