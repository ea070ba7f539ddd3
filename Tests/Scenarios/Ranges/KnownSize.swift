import TestSupport
import Testing

extension RangeStories {
    @Suite("A range of what is known to be so long")
    struct KnownSize {
        @Test("A stale page is confirmed by the origin, and its part served", arguments: layers)
        func confirmed(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/stale?size=1000&max-age=1&etag=v1&ranges=1"
            let file = body(target, size: 1000)
            _ = try await setting.get(target)
            try await setting.settle()
            var part = try await setting.get(target, range: "10-19")
            _ = try await eventually {
                if part.hitTier == nil { return true }
                part = try await setting.get(target, range: "10-19")
                return part.hitTier == nil
            }
            #expect(part.isPart(10..<20, of: file), "\(part.status)")
            #expect(part.cacheStatus.hasPrefix("strata; fwd=stale; fwd-status=304; stored"), "\(part.cacheStatus)")
            #expect(try await setting.originCount(target) == 2)
        }

        @Test(
            "A part of a stale page is served while the whole is revalidated; If-Match asks the origin all the same",
            arguments: layers)
        func whileRevalidating(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            // Stale from the beginning.
            let target = "/page/swr?size=1000&max-age=60&age=61&cc=stale-while-revalidate=600&etag=v1&ranges=1"
            let file = body(target, size: 1000)
            _ = try await setting.get(target)
            try await setting.settle()
            let part = try await setting.get(target, range: "10-19")
            #expect(part.isPart(10..<20, of: file))
            #expect(part.cacheStatus.hasPrefix("strata; hit; ttl=-"), "\(part.cacheStatus)")
            let asked = try await setting.get(target, range: "10-19", ["If-Match: \"v1\""])
            #expect(asked.isPart(10..<20, of: file), "\(asked.cacheStatus)")
            #expect(asked.cacheStatus.hasPrefix("strata; fwd=request"), "\(asked.cacheStatus)")
            try await setting.settle()
            let whole = try await setting.get(target)
            #expect(whole.body == file && whole.hitTier == "\(layer)", "\(whole.cacheStatus)")
        }

        @Test("A purged page that changed is fetched whole, by one request for all its parts", arguments: layers)
        func changed(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/version?size=1000&max-age=600&ranges=1&delay=200ms"
            let old = try await setting.get(target).body
            try await setting.settle()
            try await setting.origin.bump()
            let purge = try await setting.request("PURGE", target, ["Soft-Purge: 1"])
            #expect(purge.status == 200)
            let parts = try await withThrowingTaskGroup(of: (Int, RawResponse).self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let range = "\(number * 100)-\(number * 100 + 99)"
                        return (number, try await setting.get(target, range: range))
                    }
                }
                return try await group.reduce(into: [Int: RawResponse]()) { $0[$1.0] = $1.1 }
            }
            let now = try await setting.get(target).body
            #expect(now != old)
            for (number, part) in parts {
                #expect(part.isPart(number * 100..<number * 100 + 100, of: now), "\(number) \(part.cacheStatus)")
            }
            #expect(try await setting.originCount(target) == 2)
        }

        @Test("A range waits for its bytes in a fetch under way, and not for the whole")
        func joins() async throws {
            let setting = try await Setting.start()
            let target = "/page/under-way?size=200KB&max-age=600&ranges=1&pause=2s&pause-at=100000"
            let file = body(target, size: 200 << 10)
            let first = try RawClient(setting.proxy.address)
            try await first.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\nRange: bytes=0-\r\n\r\n")
            _ = try await first.readBytes(atLeast: 50_000)
            let part = try await setting.get(target, range: "20000-29999")
            #expect(part.isPart(20_000..<30_000, of: file))
            #expect(part.cacheStatus == "strata; fwd=uri-miss; stored; collapsed")
            #expect(try await setting.origin.count(target, of: "completed") == 0)
            let later = try await setting.get(target, range: "-1000")
            #expect(later.isPart(file.count - 1000..<file.count, of: file))
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("Two clients with bytes=0- make one request of the origin; both stream")
        func twoClients() async throws {
            let setting = try await Setting.start()
            let target = "/page/pair?size=200KB&max-age=600&ranges=1&delay=300ms"
            async let first = setting.get(target, range: "0-")
            async let second = setting.get(target, range: "0-")
            for answer in [try await first, try await second] {
                #expect(answer.isPart(0..<200 << 10, of: body(target, size: 200 << 10)))
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("The reader of a part leaves early: the fill goes on")
        func leaves() async throws {
            let setting = try await Setting.start()
            let target = "/page/left?size=200KB&max-age=600&pause=300ms&pause-at=1000"
            let client = try RawClient(setting.proxy.address)
            try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\nRange: bytes=0-\r\n\r\n")
            _ = try await client.readBytes(atLeast: 500)
            client.reset()
            #expect(try await eventually { try await setting.get(target, range: "-1").hitTier == "memory" })
            #expect(try await setting.originCount(target) == 1)
        }
    }
}
