import Foundation
import TestSupport
import Testing

extension TierStories {
    /// Some tens of megabytes in the suite; `STRATA_LARGE_BODY=1GB` for as much as one wants.
    @Suite("Large bodies")
    struct LargeBodies {
        private static let size = ProcessInfo.processInfo.environment["STRATA_LARGE_BODY"]

        @Test(
            "A large body passes through and is kept on disk while memory stays bounded",
            arguments: [("48MB", ""), ("24MB", "&chunked=1")]
        )
        func passesThrough(size: String, framing: String) async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.disk = "size: 4GB, max_object: 2GB, write: through"
            }
            let folder = try TemporaryFolder()
            let target = "/page/large?size=\(Self.size ?? size)&max-age=600" + framing
            let before = setting.proxy.process.residentBytes
            let watch = Task {
                var highest = 0
                while !Task.isCancelled {
                    highest = max(highest, setting.proxy.process.residentBytes)
                    try? await Task.sleep(for: .milliseconds(20))
                }
                return highest
            }
            let miss = try await download(setting.proxy.url(target), to: folder.path("miss"))
            #expect(field("Cache-Status", in: miss) == "strata; fwd=uri-miss; stored")
            // The last bytes reach the client a moment before the entry is whole on disk; till then the fetch is joined.
            try await setting.settle()
            let hit = try await download(setting.proxy.url(target), to: folder.path("hit"))
            #expect(field("Cache-Status", in: hit)?.hasSuffix("detail=disk") == true, "\(hit)")
            watch.cancel()
            let highest = await watch.value
            #expect(highest < 150 << 20 && highest - before < 40 << 20, "\(before >> 20) to \(highest >> 20) MB")
            #expect(try await setting.originCount(target) == 1)

            try await setting.proxy.restart()
            _ = try await download(setting.proxy.url(target), to: folder.path("restarted"))
            #expect(try await setting.originCount(target) == 1)
            _ = try await download(setting.origin.url(target), to: folder.path("origin"))
            for name in ["miss", "hit", "restarted"] {
                #expect(try await run("/usr/bin/cmp", [folder.path("origin"), folder.path(name)]).succeeded, "\(name)")
            }
        }

        /// The head.
        private func download(_ url: String, to path: String, _ options: [String] = []) async throws -> String {
            let result = try await run(
                "/usr/bin/curl", ["-sS", "-D", "-", "-o", path, "-H", "Host: story.example", url] + options,
                within: .seconds(600))
            #expect(result.succeeded, "\(result.errors)")
            return result.output
        }

        @Test("A body that outgrows the disk while it arrives reaches a slow reader whole, and is not stored")
        func outgrown() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 16MB, max_object: 1MB"
                $0.disk = "size: 64MB, max_object: 10MB"
            }
            // Without a length nobody can tell beforehand.
            let target = "/page/outgrown?size=40MB&chunked=1&max-age=60"
            let folder = try TemporaryFolder()
            _ = try await download(setting.proxy.url(target), to: folder.path("slow"), ["--limit-rate", "20M"])
            _ = try await download(setting.origin.url(target), to: folder.path("origin"))
            #expect(try await run("/usr/bin/cmp", [folder.path("origin"), folder.path("slow")]).succeeded)
            let count = try await setting.originCount(target)
            _ = try await download(setting.proxy.url(target), to: folder.path("again"))
            #expect(try await setting.originCount(target) == count + 1, "stored")
        }
    }
}
