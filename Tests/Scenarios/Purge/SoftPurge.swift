import TestSupport
import Testing

extension PurgeStories {
    @Suite("Soft purge")
    struct SoftPurge {
        @Test(
            "A soft purge makes it stale: the origin confirms it, and it is fresh again",
            arguments: ["Soft-Purge: 1", "Fastly-Soft-Purge: 1"])
        func confirmed(field: String) async throws {
            let setting = try await Setting.start()
            let target = "/page/soft?max-age=60&etag=v1"
            _ = try await setting.get(target)
            let purge = try await setting.request("PURGE", target, [field])
            #expect(purge.text.contains(#""mode":"soft""#))
            #expect(purge.text.contains(#""tiers":{"memory":1}"#))
            let next = try await setting.get(target)
            #expect(next.status == 200)
            #expect(next.text == "GET /page/soft\n")
            #expect(next.cacheStatus.hasPrefix("strata; fwd=stale; fwd-status=304"), "\(next.cacheStatus)")
            #expect(try await setting.get(target).hitTier == "memory")
            #expect(try await setting.originCount(target) == 2)
        }

        @Test("Changed meanwhile, the new version comes; with the origin away the stale one, not fresh for others")
        func changedOrAway() async throws {
            let setting = try await Setting.start()
            _ = try await setting.get("/version?max-age=60")
            try await setting.origin.bump()
            _ = try await setting.request("PURGE", "/version?max-age=60", ["Soft-Purge: 1"])
            #expect(try await setting.get("/version?max-age=60").text == "version 2\n")

            _ = try await setting.request("PURGE", "/version?max-age=60", ["Soft-Purge: 1"])
            try await setting.origin.process.kill()
            let stale = try await setting.get("/version?max-age=60")
            #expect(stale.status == 200)
            #expect(stale.text == "version 2\n")
            #expect(stale.cacheStatus.hasPrefix("strata; fwd=stale"))
            // invalidation.md rule 9.
            #expect((stale.age ?? 0) >= 60)
        }

        @Test("With stale-while-revalidate the old answer comes at once, the new one next")
        func whileRevalidating() async throws {
            let setting = try await Setting.start()
            let target = "/version?max-age=60&cc=stale-while-revalidate=60"
            _ = try await setting.get(target)
            try await setting.origin.bump()
            _ = try await setting.request("PURGE", target, ["Soft-Purge: 1"])
            let stale = try await setting.get(target)
            #expect(stale.text == "version 1\n")
            #expect((stale.age ?? 0) >= 60)
            #expect(try await eventually { try await setting.get(target).text == "version 2\n" })
            #expect(try await setting.originCount(target) == 2)
        }

        @Test("A hard purge after a soft one wins, and a soft one after a hard one brings nothing back")
        func both() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            for (first, second) in [(["Soft-Purge: 1"], []), ([], ["Soft-Purge: 1"])] as [([String], [String])] {
                _ = try await setting.get("/version?max-age=60")
                try await setting.origin.bump()
                _ = try await setting.request("PURGE", "/version?max-age=60", first)
                _ = try await setting.request("PURGE", "/version?max-age=60", second)
                try await setting.proxy.restart(hard: true)
                let version = try await setting.origin.bump()
                #expect(try await setting.get("/version?max-age=60").text == "version \(version)\n")
            }
        }
    }
}
