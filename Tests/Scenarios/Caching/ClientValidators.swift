import TestSupport
import Testing

extension CachingStories {
    @Suite("Validators of clients")
    struct ClientValidators {
        private static let modified = "Sun, 06 Nov 1994 08:49:37 GMT"

        @Test(
            "A client that has it gets 304 from the store (RFC 9110 §13)",
            arguments: [
                ("If-None-Match: \"v1\"", 304), ("If-None-Match: W/\"v1\"", 304), ("If-None-Match: \"x\", \"v1\"", 304),
                ("If-None-Match: *", 304), ("If-None-Match: \"v2\"", 200), ("If-Modified-Since: \(modified)", 304),
                ("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 200),
                ("If-None-Match: \"v2\"\r\nIf-Modified-Since: \(modified)", 200), ("If-Modified-Since: yesterday", 200),
            ])
        func notModified(field: String, status: Int) async throws {
            let setting = try await Setting.start()
            let target = "/page/v?max-age=60&etag=v1&last-modified=\(Self.modified.replacing(" ", with: "%20"))"
            // The first one is not stored yet: the same answer, by way of the origin.
            for turn in 0..<2 {
                let answer = try await setting.get(target, [field])
                #expect(answer.status == status, "\(answer.cacheStatus)")
                #expect(answer["ETag"] == "\"v1\"")
                #expect(answer.body.isEmpty == (status == 304))
                #expect(answer["Content-Length"] == nil || status == 200)
                #expect((answer.hitTier == "memory") == (turn == 1), "\(answer.cacheStatus)")
                // A 304 goes out before the body that it spared the client has arrived.
                #expect(
                    try await eventually {
                        try await setting.get(target, ["Cache-Control: only-if-cached"]).hitTier == "memory"
                    })
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("HEAD: from what a GET stored, and a HEAD that comes first")
        func head() async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            for first in ["GET", "HEAD"] {
                let target = "/page/head-\(first)?max-age=60&size=1000"
                #expect(try await client.request(first, target).isStoredMiss)
                let head = try await client.request("HEAD", target)
                #expect(head.hitTier == "memory")
                #expect(head["Content-Length"] == "1000")
                let get = try await client.request("GET", target)
                #expect(get.hitTier == "memory")
                #expect(get.body.count == 1000)
                #expect(try await setting.originCount(target) == 1)
            }
        }

        @Test("HEAD of what may not be stored is passed on as HEAD")
        func uncacheableHead() async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            let target = "/page/no?cc=no-store&size=1000"
            for _ in 0..<2 {
                let head = try await client.request("HEAD", target)
                #expect(head.status == 200)
                #expect(head["Content-Length"] == "1000")
            }
            #expect(try await client.request("GET", target).body.count == 1000)
        }
    }
}
