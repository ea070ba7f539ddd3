import Foundation
import TestSupport
import Testing

extension PurgeStories {
    @Suite("Rights of tokens, the rate, and the audit log")
    struct RightsAndRecords {
        @Test("a token for some hosts purges there, and neither elsewhere nor tags")
        func scopes() async throws {
            let setting = try await Setting.start {
                $0.also = """
                    purge: { allow: [], tokens: ["all-of-it", { token: "shop-only", hosts: ["*.shop.example"] }] }
                    """
            }
            func status(_ method: String, _ target: String, _ fields: String...) async throws -> Int {
                try await setting.request(method, target, fields).status
            }
            #expect(try await status("PURGE", "/a", "Host: www.shop.example", "Fastly-Key: shop-only") == 200)
            #expect(try await status("PURGE", "/a/*", "Host: www.shop.example", "Fastly-Key: shop-only") == 200)
            #expect(try await status("PURGE", "/a", "Host: bank.example", "Fastly-Key: shop-only") == 403)
            #expect(
                try await status(
                    "PURGE", "/a", "Host: www.shop.example", "Fastly-Key: shop-only", "Surrogate-Key: t") == 403)
            #expect(
                try await status("BAN", "/", "Host: www.shop.example", "Fastly-Key: shop-only", "X-Url: .*") == 403)
            #expect(try await status("PURGE", "/a", "Host: bank.example", "Fastly-Key: all-of-it") == 200)
            let refused = try await setting.request("PURGE", "/a", ["Host: bank.example", "Fastly-Key: shop-only"])
            #expect(refused.text.contains("*.shop.example") && refused.text.contains("bank.example"))
        }

        @Test("more than purge.rate a second are 429, and come later")
        func rate() async throws {
            let setting = try await Setting.start { $0.also = "purge: { rate: 1 }" }
            var statuses: [Int] = []
            // A slow machine may refill the bucket in between, but not each time.
            for _ in 0..<40 { statuses.append(try await setting.request("PURGE", "/a").status) }
            #expect(statuses.contains(200) && statuses.contains(429) && Set(statuses).count == 2)
            let isTaken = try await eventually { try await setting.request("PURGE", "/a").status == 200 }
            #expect(isTaken)
        }

        @Test("a line for each: applied, refused, malformed; the file is opened again at SIGUSR1")
        func audit() async throws {
            let folder = try TemporaryFolder()
            let setting = try await Setting.start {
                $0.also = "purge: { audit: \"\(folder.path("audit.log"))\", tokens: [\"token-of-the-story\"] }"
            }
            func lines() -> [[String: Any]] {
                ((try? folder.read("audit.log")) ?? "").split(separator: "\n").compactMap {
                    try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
            }
            _ = try await setting.request("PURGE", "/a", ["User-Agent: story/1"])
            _ = try await setting.request("PURGE", "/a", ["Fastly-Key: wrong-token"])
            _ = try await setting.request("BAN", "/", ["X-Url: [a]", "Fastly-Key: token-of-the-story"])
            _ = try await setting.proxy.askAdmin("POST", "/cache/invalidate", body: #"{"tags":["x"],"soft":true}"#)
            _ = try await setting.proxy.askAdmin("POST", "/cache/invalidate", body: #"{"tags":5}"#)
            #expect(await eventually { lines().count == 5 })
            let told = lines()
            #expect(
                told.map { $0["outcome"] as? String } == ["applied", "refused", "malformed", "applied", "malformed"])
            #expect(told.map { $0["by"] as? String } == ["PURGE", "PURGE", "BAN", "admin", "admin"])
            #expect(told[0]["who"] as? String == "address" && told[0]["user_agent"] as? String == "story/1")
            #expect((told[0]["selector"] as? [String: Any])?["url"] as? String == "story.example/a")
            #expect(told[0]["position"] is String && told[1]["position"] is NSNull)
            // What was asked for is told, whoever asked.
            #expect((told[1]["selector"] as? [String: Any])?["url"] as? String == "story.example/a")
            #expect(
                told.map { $0["target"] as? String } == ["/a", "/a", "/", "/cache/invalidate", "/cache/invalidate"])
            #expect(
                told[2]["who"] as? String == "purge.tokens[0]" && (told[2]["reason"] as? String ?? "").contains("X-Url")
            )
            #expect(told[3]["mode"] as? String == "soft")
            // One that may wait long is there before it is answered.
            _ = try await setting.request("PURGE", "/w", ["Purge-Wait: 3s"])
            #expect(await eventually { lines().suffix(2).map { $0["outcome"] as? String } == ["waiting", "applied"] })
            #expect(lines().suffix(2).allSatisfy { $0["target"] as? String == "/w" })
            let all = try folder.read("audit.log")
            #expect(!all.contains("token-of-the-story") && !all.contains("wrong-token"))

            try FileManager.default.moveItem(atPath: folder.path("audit.log"), toPath: folder.path("audit.log.1"))
            setting.proxy.process.send(signal: SIGUSR1)
            let isReopened = try await eventually {
                _ = try await setting.request("PURGE", "/b")
                return FileManager.default.fileExists(atPath: folder.path("audit.log"))
            }
            #expect(isReopened)
            #expect(await eventually { lines().contains { $0["outcome"] as? String == "applied" } })
        }

        @Test("debug fields go to no one whose request came through a proxy")
        func debug() async throws {
            let setting = try await Setting.start()
            #expect(try await setting.get("/page/d", ["Strata-Debug: 1"])["Strata-Key"] != nil)
            for field in ["Forwarded: for=1.2.3.4", "X-Forwarded-For: 1.2.3.4", "Via: 1.1 tls"] {
                #expect(try await setting.get("/page/d", ["Strata-Debug: 1", field])["Strata-Key"] == nil)
            }
        }

        @Test("strata purge: tags, patterns, hosts and all by the admin API, for people and as JSON")
        func command() async throws {
            let setting = try await Setting.start()
            let admin = ["--admin", setting.proxy.adminURL("")]
            let page = "/page/cli?max-age=600&tags=cli"
            for arguments in [
                ["--tag", "cli"], ["--glob", "story.example/page/*"], ["--host", "story.example"], ["--all"],
            ] {
                _ = try await setting.get(page)
                let done = try await run("strata", ["purge"] + arguments + ["--wait", "2s"] + admin)
                #expect(done.exit == .exit(0), "\(done.output) \(done.errors)")
                #expect(done.output.hasPrefix("purged (hard): ") && done.output.contains("applied on 1 of 1"))
                #expect(try await setting.get(page).isStoredMiss, "\(arguments)")
            }
            let soft = try await run(
                "strata", ["purge", "--tag", "cli", "--prefix", "story.example/p", "--soft", "--json"] + admin)
            #expect(soft.exit == .exit(0) && soft.output.contains(#""mode":"soft""#))
            #expect(try await setting.get(page).cacheStatus.hasPrefix("strata; fwd=stale"))
            let refused = try await run("strata", ["purge", "--tag", "cli", "--wait", "soon"] + admin)
            #expect(refused.exit == .exit(1) && refused.errors.contains("400"), "\(refused.output)")
            #expect(try await run("strata", ["purge", "--tag", ""] + admin).exit == .exit(64))
        }
    }
}
