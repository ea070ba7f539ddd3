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
            ], Setting.Layer.allCases)
        func notModified(row: (field: String, status: Int), layer: Setting.Layer) async throws {
            let (field, status) = row
            let setting = try await Setting.start([layer])
            let target = "/page/v?max-age=60&etag=v1&last-modified=\(Self.modified.replacing(" ", with: "%20"))"
            // The first one is not stored yet: the same answer, by way of the origin.
            for turn in 0..<2 {
                let answer = try await setting.get(target, [field])
                #expect(answer.status == status, "\(answer.cacheStatus)")
                #expect(answer["ETag"] == "\"v1\"")
                #expect(answer.body.isEmpty == (status == 304))
                #expect(answer["Content-Length"] == nil || status == 200)
                #expect((answer.hitTier == layer.rawValue) == (turn == 1), "\(answer.cacheStatus)")
                // A 304 goes out before the body that it spared the client has arrived.
                #expect(
                    try await eventually {
                        try await setting.get(target, ["Cache-Control: only-if-cached"]).hitTier == layer.rawValue
                    })
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("HEAD: from what a GET stored, and a HEAD that comes first", arguments: Setting.Layer.allCases)
        func head(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let client = try RawClient(setting.proxy.address)
            for first in ["GET", "HEAD"] {
                let target = "/page/head-\(first)?max-age=60&size=1000"
                #expect(try await client.request(first, target).isStoredMiss)
                try await setting.settle()
                let head = try await client.request("HEAD", target)
                #expect(head.hitTier == layer.rawValue)
                #expect(head["Content-Length"] == "1000")
                let get = try await client.request("GET", target)
                #expect(get.hitTier == layer.rawValue)
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

        @Test(
            "A HEAD that the origin answered takes out what it contradicts, and nothing else (RFC 9111 §4.3.5)",
            arguments: Setting.Layer.allCases)
        func headInvalidates(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer]) {
                $0.site = #"rules: [{ match: { cookie: { session: "*" } }, cache: false }]"#
            }
            let target = "/version?max-age=600&vary=Accept-Language"
            let german = ["Accept-Language: de"]
            for fields in [[], german] { _ = try await setting.get(target, fields) }
            try await setting.settle()
            // If-Match makes it go to the origin.
            let asked = ["If-Match: \"v1\""]
            #expect(try await setting.request("HEAD", target, asked)["ETag"] == "\"v1\"")
            try await setting.origin.bump()
            // It could not have been answered with what is stored for everybody.
            #expect(try await setting.request("HEAD", target, ["Cookie: session=1"])["ETag"] == "\"v2\"")
            for fields in [[], german] { #expect(try await setting.get(target, fields).hitTier == layer.rawValue) }
            #expect(try await setting.request("HEAD", target, asked)["ETag"] == "\"v2\"")
            #expect(try await eventually { try await setting.get(target).hitTier == nil })
            #expect(try await setting.get(target, german).hitTier == layer.rawValue, "another variant")
        }
    }
}
