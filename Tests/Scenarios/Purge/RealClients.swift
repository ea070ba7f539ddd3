import Foundation
import TestSupport
import Testing

/// Purge clients that others wrote, from PyPI; `make test` installs them.
private enum Clients {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let python = root.appendingPathComponent(".build/clients/bin/python").path
    static let areInstalled = FileManager.default.fileExists(
        atPath: root.appendingPathComponent(".build/clients/installed.txt").path)

    static func script(_ name: String) -> String {
        root.appendingPathComponent("Tests/Scenarios/Purge/Clients/\(name)").path
    }
}

extension PurgeStories {
    @Suite("Clients that nobody here wrote", .enabled(if: Clients.areInstalled, "run .ci/clients"))
    struct RealClients {
        @Test("Fastly's client purges by key, softly, several keys, and all")
        func fastly() async throws {
            let setting = try await Setting.start { $0.also = "purge: { tokens: [\"token-of-the-story\"] }" }
            let page = "/page/f?max-age=600&tags=news,other"
            for (arguments, status) in [
                (["key", "news"], "strata; fwd=uri-miss"), (["soft", "news"], "strata; fwd=stale"),
                (["keys", "x", "other"], "strata; fwd=uri-miss"), (["all"], "strata; fwd=uri-miss"),
            ] {
                _ = try await setting.get(page)
                #expect(try await setting.get(page).hitTier == "memory")
                let done = try await run(
                    Clients.python, [Clients.script("fastly_purge.py"), setting.proxy.adminURL("")] + arguments,
                    within: .seconds(120))
                #expect(done.exit == .exit(0), "\(done.output) \(done.errors)")
                #expect(try await setting.get(page).cacheStatus.hasPrefix(status), "\(arguments)")
            }
        }

        @Test("a page published in Wagtail is purged by its frontend_cache")
        func wagtail() async throws {
            let folder = try TemporaryFolder()
            let site = try await ProcessHandle.start(
                Clients.python, [Clients.script("wagtail_site.py"), folder.path, "story.example"])
            let serving = try await site.line(startingWith: "serving ", within: .seconds(240))
            let port = try #require(serving.split(separator: " ").last.flatMap { UInt16($0) })
            let strata = try await Proxy.start(
                """
                listen: ["127.0.0.1:0"]
                state: "\(folder.path("state"))"
                admin: { listen: "127.0.0.1:0" }
                sites: [{ hosts: "*", origin: "http://127.0.0.1:\(port)", cache: { default_ttl: 600s } }]

                """, in: folder)
            func page() async throws -> RawResponse { try await strata.request("GET", "/", ["Host: story.example"]) }
            #expect(try await page().text.contains("<title>Welcome"))
            #expect(try await page().hitTier == "memory")
            let published = try await RawClient.request(
                "GET", "/_publish?title=Second&cache=\(strata.url(""))", ["Host: story.example"],
                to: Address(port: port), deadline: .seconds(120))
            #expect(published.text == "http://story.example/", "\(published.text)")
            let next = try await page()
            #expect(
                next.isStoredMiss && next.text.contains("<title>Second"), "\(next.cacheStatus) \(site.text(.errors))")
        }
    }
}
