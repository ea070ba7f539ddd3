import TestSupport
import Testing

extension CachingStories {
    @Suite("Rules with conditions, and targeted fields")
    struct OperatorRules {
        private static func rules(_ lines: String) -> String { "rules:\n" + lines }

        @Test(
            "Negative caching: a status and a class have lifetimes, others have none",
            arguments: Setting.Layer.allCases)
        func negative(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = Self.rules(
                    """
                      - { match: { status: 404 }, ttl: 10s }
                      - { match: { status: 5xx, path: "/page/api/*" }, ttl: 5s }
                    """)
            }
            for (target, ttl) in [("/page/gone?status=404", 10), ("/page/api/x?status=503", 5)] {
                _ = try await setting.get(target)
                try await setting.settle()
                let hit = try await setting.get(target)
                #expect(hit.hitTier == tier, "\(target): \(hit.cacheStatus)")
                #expect(hit.cacheStatus.contains("ttl=\(ttl)") || hit.cacheStatus.contains("ttl=\(ttl - 1)"))
            }
            for target in ["/page/found", "/page/x?status=503", "/page/mine?status=404&cc=private"] {
                for _ in 0..<2 { #expect(try await setting.get(target).hitTier == nil, "\(target)") }
            }
        }

        @Test(
            "Who has the cookie is not served from the store, everybody else is",
            arguments: Setting.Layer.allCases)
        func cookie(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = Self.rules(#"  - { match: { cookie: { session: "*" } }, cache: false }"#)
            }
            let target = "/page/news?max-age=60"
            _ = try await setting.get(target)
            try await setting.settle()
            #expect(try await setting.get(target).hitTier == tier)
            #expect(try await setting.get(target, ["Cookie: theme=dark"]).hitTier == tier)
            #expect(try await setting.get(target, ["Cookie: a=b; session=1"]).hitTier == nil)
            #expect(try await setting.get(target).hitTier == tier)
        }

        @Test(
            "A field that a rule sets selects the variant, whatever the client says of it",
            arguments: Setting.Layer.allCases)
        func requestFields(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = Self.rules(
                    """
                      - { match: { header: { User-Agent: "*Mobile*" } }, request_headers: { set: { X-Device: phone } } }
                      - { match: { path: "*" }, request_headers: { set: { X-Device: desk }, remove: [X-Forged] } }
                    """)
            }
            let target = "/page/app?max-age=60&vary=X-Device,X-Forged"
            let phone = ["User-Agent: A Mobile", "X-Device: forged", "X-Forged: 1"]
            #expect(try await setting.get(target, phone).text == "X-Device: phone\nX-Forged: \n")
            #expect(try await setting.get(target, ["X-Device: phone"]).text == "X-Device: desk\nX-Forged: \n")
            try await setting.settle()
            for _ in 0..<2 {
                let hit = try await setting.get(target, phone)
                #expect(hit.hitTier == tier)
                #expect(hit.text.hasPrefix("X-Device: phone\n"))
                let other = try await setting.get(target)
                #expect(other.hitTier == tier)
                #expect(other.text.hasPrefix("X-Device: desk\n"))
            }
            #expect(try await setting.originCount(target) == 2)
        }

        @Test(
            "Fields for clients are set on misses, hits and after a 304; what the origin said of caching still counts",
            arguments: Setting.Layer.allCases)
        func responseFields(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = Self.rules(
                    """
                      - match: { path: "/page/*" }
                        response_headers: { set: { Cache-Control: no-cache, X-Frame-Options: DENY }, remove: [X-Powered-By] }
                    """)
            }
            let target = "/page/framed?max-age=60&etag=v1&header=X-Powered-By:php"
            for index in 0..<3 {
                let answer = try await setting.get(target, index == 2 ? ["Cache-Control: no-cache"] : [])
                #expect(answer["X-Frame-Options"] == "DENY", "\(index)")
                #expect(answer["Cache-Control"] == "no-cache")
                #expect(answer["X-Powered-By"] == nil)
                if index == 1 { #expect(answer.hitTier == tier) }
                // What memory has is confirmed; of the tiers below a reload asks nothing.
                if index == 2, layer == .memory {
                    #expect(answer.cacheStatus.contains("fwd-status=304"), "\(answer.cacheStatus)")
                }
                try await setting.settle()
            }
            #expect(try await setting.get(target).hitTier == tier)
        }

        @Test(
            "A path has its own query, and PURGE goes by it; tags of a rule can be purged",
            arguments: Setting.Layer.allCases)
        func queryAndTags(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) {
                $0.site = Self.rules(
                    """
                      - { match: { path: "/page/list" }, query: { keep: [page, max-age], sort: true }, tags: [lists] }
                    """)
            }
            let stored = "/page/list?max-age=60&page=2"
            _ = try await setting.get("/page/list?page=2&x=1&max-age=60")
            try await setting.settle()
            #expect(try await setting.get(stored + "&y=2").hitTier == tier)
            #expect(try await setting.originCount(stored) == 1)
            #expect(try await setting.request("PURGE", "/page/list?page=2&max-age=60&z=1").status == 200)
            #expect(try await setting.get(stored).hitTier == nil)
            try await setting.settle()
            #expect(try await setting.get(stored).hitTier == tier)
            #expect(try await setting.request("PURGE", "/", ["Surrogate-Key: lists"]).status == 200)
            #expect(try await setting.get(stored).hitTier == nil)
        }

        @Test(
            "client_revalidation: ignore: a reload does not reach the origin",
            arguments: Setting.Layer.allCases)
        func ignoresReloads(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer]) { $0.site = "cache: { client_revalidation: ignore }" }
            let target = "/page/busy?max-age=60"
            _ = try await setting.get(target, ["Cache-Control: no-cache", "Pragma: no-cache"])
            try await setting.settle()
            for wish in [
                "Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache",
                "Cache-Control: min-fresh=900",
            ] {
                #expect(try await setting.get(target, [wish]).hitTier == tier, "\(wish)")
            }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test(
            "CDN-Cache-Control over Cache-Control, in every tier; Surrogate-Control does not reach clients (RFC 9213 §2.2)",
            arguments: Setting.Layer.allCases)
        func targeted(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer])
            let cdn = "/page/cdn?cc=no-store&header=CDN-Cache-Control:max-age%3D60"
            let first = try await setting.get(cdn)
            #expect(first["CDN-Cache-Control"] == "max-age=60")
            #expect(first["Cache-Control"] == "no-store")
            try await setting.settle()
            #expect(try await setting.get(cdn).hitTier == tier)
            let broken = "/page/broken?cc=no-store&header=CDN-Cache-Control:max-age%3D60,"
            for _ in 0..<2 { #expect(try await setting.get(broken).hitTier == nil) }

            let surrogate = "/page/esi?cc=no-store&etag=v1&header=Surrogate-Control:max-age%3D60%2B30"
            #expect(try await setting.get(surrogate)["Surrogate-Control"] == nil)
            try await setting.settle()
            let hit = try await setting.get(surrogate)
            #expect(hit.hitTier == tier)
            #expect(hit["Surrogate-Control"] == nil)
        }

        @Test(
            "The answer to a POST is stored for GETs when it says that it is theirs (RFC 9110 §9.3.3)",
            arguments: Setting.Layer.allCases)
        func post(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer])
            let target = "/page/form?max-age=60&header=Content-Location:"
            #expect(try await setting.request("POST", target, body: "a=1").status == 200)
            try await setting.settle()
            #expect(try await setting.get(target).hitTier == tier)
            // What is stored goes first, then the new answer takes its place.
            #expect(try await setting.request("POST", target, body: "a=2").status == 200)
            try await setting.settle()
            #expect(try await setting.get(target).hitTier == tier)
            #expect(try await setting.originCount(target) == 2)
            for other in ["/page/other?max-age=60", "/page/none?header=Content-Location:"] {
                _ = try await setting.request("POST", other, body: "a=1")
                try await setting.settle()
                #expect(try await setting.get(other).hitTier == nil, "\(other)")
            }
        }
    }
}
