import FixtureOrigin
import TestSupport
import Testing

extension TierStories {
    /// Bodies that go to a file as they come, above 8 MB.
    @Suite("Large bodies in each tier")
    struct LargeInEachTier {
        @Test("A body is in every tier that takes one of its size, whichever others there are")
        func everywhere() async throws {
            let setting = try await Setting.start([.memory, .redis]) {
                $0.memory = "size: 128MB, max_object: 20MB"
                $0.redis = "timeout: 5s, max_object: 20MB, write: through"
            }
            let target = "/page/nine?size=9MB&max-age=600"
            #expect(try await setting.get(target).isStoredMiss)
            #expect(try await eventually { try await setting.get(target).hitTier == "memory" })
            try await setting.settle()
            try await setting.proxy.restart()
            let page = try await setting.get(target)
            #expect(page.hitTier == "redis" && page.body == PageBody.bytes(ofPath: "/page/nine", size: 9 << 20))
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("A hit on disk is copied to memory and to Redis, as far as they take one of its size")
        func promoted() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk]) {
                $0.memory = "size: 128MB, max_object: 4MB"
                $0.redis = "timeout: 5s, max_object: 20MB, write: through"
                $0.disk = "size: 256MB, write: through"
            }
            let target = "/page/three?size=3MB&max-age=600"
            #expect(try await setting.get(target).isStoredMiss)
            try await setting.settle()
            try setting.forgetInRedis()
            try await setting.proxy.restart()
            #expect(try await setting.get(target).hitTier == "disk")
            #expect(try await eventually { try await setting.get(target).hitTier == "memory" })
            try await setting.settle()
            try await setting.proxy.restart()
            #expect(try await setting.get(target).hitTier == "redis")
        }

        @Test("A disk that takes less keeps a body out of no other tier", arguments: ["", "&chunked=1"])
        func smallDisk(framing: String) async throws {
            let setting = try await Setting.start([.memory, .redis, .disk]) {
                $0.memory = "size: 128MB, max_object: 20MB"
                $0.redis = "timeout: 5s, max_object: 20MB, write: through"
                $0.disk = "size: 256MB, max_object: 1MB, write: through"
            }
            let target = "/page/nine?size=9MB&max-age=600" + framing
            #expect(try await setting.get(target).isStoredMiss)
            try await setting.settle()
            #expect(try await setting.get(target).hitTier == "memory")
            try await setting.proxy.restart()
            let page = try await setting.get(target)
            #expect(page.hitTier == "redis" && page.body == PageBody.bytes(ofPath: "/page/nine", size: 9 << 20))
            try await setting.proxy.restart()
            try setting.forgetInRedis()
            #expect(try await setting.get(target).isStoredMiss)
            try await setting.settle()
            let disk = try await setting.layer("l3_disk")
            #expect((disk["rejects"] as? [String: Int])?["too_large"] == 1, "\(disk)")
            #expect((disk["failures"] as? [String: Int])?["too_large"] ?? 0 == 0, "\(disk)")
        }

        @Test("A disk that a rule keeps a body from is told so, and what is too large for memory is counted there")
        func ruledOut() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 64MB, max_object: 1MB"
                $0.disk = "size: 256MB, max_object: 100KB, write: through"
                $0.site = "rules: [{ match: { path: \"/page/*\" }, write: { disk: off } }]"
            }
            _ = try await setting.get("/page/nine?size=9MB&max-age=600")
            try await setting.settle()
            let memory = try await setting.layer("l1_memory")
            let disk = try await setting.layer("l3_disk")
            #expect((memory["rejects"] as? [String: Int])?["too_large"] == 1, "\(memory)")
            #expect(disk["rejects"] as? [String: Int] == ["too_large": 0, "rule": 1, "blind": 0], "\(disk)")
            #expect((disk["failures"] as? [String: Int])?["too_large"] ?? 0 == 0, "\(disk)")
        }

        @Test(
            "What rules keep out of every tier is not said to be stored, whatever its length",
            arguments: ["", "&chunked=1"])
        func outOfAll(framing: String) async throws {
            let setting = try await Setting.start([.disk]) {
                $0.site = "rules: [{ match: { path: \"/page/*\" }, write: { disk: off } }]"
            }
            for _ in 0..<2 {
                let page = try await setting.get("/page/some?size=300KB&max-age=600" + framing, ["Strata-Debug: 1"])
                #expect(page.cacheStatus == "strata; fwd=uri-miss; fwd-status=200", "\(page.cacheStatus)")
                #expect(page["Strata-Reason"] == "rule")
            }
        }

        @Test("What no tier takes is not said to be stored, and is counted")
        func nowhere() async throws {
            let setting = try await Setting.start([.memory]) { $0.memory = "size: 64MB, max_object: 1MB" }
            let target = "/page/nine?size=9MB&max-age=600"
            for _ in 0..<2 {
                let page = try await setting.get(target)
                #expect(page.cacheStatus == "strata; fwd=uri-miss; fwd-status=200", "\(page.cacheStatus)")
            }
            try await setting.settle()
            let memory = try await setting.layer("l1_memory")
            #expect((memory["rejects"] as? [String: Int])?["too_large"] == 2, "\(memory)")
        }
    }
}
