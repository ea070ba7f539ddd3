import TestSupport
import Testing

extension OperationStories {
    @Suite("strata purge")
    struct PurgeCommand {
        @Test("It purges, prints the answer, and ends with 0; refused or not reached: 1, with the reason")
        func exits() async throws {
            let setting = try await Setting.start {
                $0.also = "purge: { allow: [\"10.0.0.0/8\"], tokens: [\"token-of-the-story\"] }"
            }
            let target = "/page/cli?max-age=60"
            _ = try await setting.proxy.get(target)
            let url = setting.proxy.url(target)

            let refused = try await run("strata", ["purge", url])
            #expect(refused.exit == .exit(1))
            #expect((refused.output + refused.errors).contains("403"))
            #expect(try await setting.proxy.get(target).hitTier == "memory")

            let done = try await run("strata", ["purge", url, "--json", "--token", "token-of-the-story"])
            #expect(done.exit == .exit(0), "\(done.errors)")
            #expect(done.output.contains(#""purged":true"#))
            #expect(done.output.contains(#""tiers":{"memory":1}"#))
            #expect(try await setting.proxy.get(target).isStoredMiss)

            let byVariable = try await run(
                "strata", ["purge", url, "--soft", "--json"], environment: ["STRATA_PURGE_TOKEN": "token-of-the-story"])
            #expect(byVariable.exit == .exit(0))
            #expect(byVariable.output.contains(#""mode":"soft""#))

            let nobody = try await run("strata", ["purge", "http://127.0.0.1:1/x"])
            #expect(nobody.exit == .exit(1))
            #expect(nobody.errors.contains("127.0.0.1:1"))
            #expect(try await run("strata", ["purge", "not a url"]).exit == .exit(1))
            #expect(try await run("strata", ["purge"]).exit == .exit(64))
        }

        @Test("--proxy names where to send it; the URL keeps its host")
        func proxyOption() async throws {
            let setting = try await Setting.start()
            _ = try await setting.get("/page/shop?max-age=60", ["Host: shop.example"])
            let done = try await run(
                "strata",
                [
                    "purge", "http://shop.example/page/shop?max-age=60", "--json", "--proxy", setting.proxy.url(""),
                ])
            #expect(done.exit == .exit(0), "\(done.errors)")
            #expect(done.output.contains(#""url":"shop.example/page/shop?max-age=60""#))
            #expect(done.output.contains(#""tiers":{"memory":1}"#))
        }
    }
}
