import TestSupport
import Testing

extension OperationStories {
    @Suite("Strata-Debug")
    struct DebugFields {
        private let ask = ["Strata-Debug: 1", "Accept-Encoding: gzip"]

        @Test("It tells key, variant, tags, and why a page was or was not stored")
        func told() async throws {
            let setting = try await Setting.start()
            let target = "/page/told?max-age=60&tags=a,b&vary=Accept-Encoding"
            for _ in 1...2 {
                let page = try await setting.get(target, ask)
                #expect(page["Strata-Key"] == "GET http://story.example" + target)
                #expect(page["Strata-Variant"] == "accept-encoding=gzip")
                #expect(page["Strata-Tags"] == "a b")
                #expect(page["Strata-Reason"] == "stored")
                #expect(page["Server-Timing"]?.hasPrefix("strata;dur=") == true)
            }
            #expect(try await setting.get(target, ask).hitTier == "memory")
            #expect(try await setting.get(target)["Strata-Key"] == nil)
        }

        @Test(
            "Why not",
            arguments: [
                ("cc=no-store", "GET", "no_store"), ("cc=private", "GET", "private"), ("vary=*", "GET", "vary_star"),
                ("set-cookie=a=1&max-age=60", "GET", "set_cookie"), ("size=1", "GET", "no_freshness"),
                ("size=1", "POST", "method"),
            ])
        func whyNot(query: String, method: String, reason: String) async throws {
            let setting = try await Setting.start()
            let page = try await setting.request(method, "/page/why?" + query, ask)
            #expect(page["Strata-Reason"] == reason)
        }

        @Test("An address that may not is told nothing")
        func notAllowed() async throws {
            let setting = try await Setting.start { $0.also = "debug: { allow: [] }" }
            #expect(try await setting.get("/page/x?max-age=60", ask)["Strata-Key"] == nil)
        }
    }
}
