import TestSupport
import Testing

extension PartitionStories {
    @Suite("A flood in one partition")
    struct Flood {
        @Test("evicts nothing of another, in memory and on disk, not even after a restart")
        func flood() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 16MB"
                $0.disk = "size: 32MB, write: through"
                $0.site = """
                    rules:
                      - { match: { path: "/page/quiet/*" }, partition: quiet }
                    """
                $0.also = "partitions: { quiet: { memory: 4MB, disk: 8MB } }"
            }
            let quiet = (0..<20).map { "/page/quiet/\($0)?max-age=3600&size=20KB" }
            for page in quiet { #expect(try await setting.get(page).isStoredMiss) }
            // Three times what both tiers have for it.
            for number in 0..<400 {
                _ = try await setting.get("/page/loud/\(number)?max-age=3600&size=200KB")
            }
            try await setting.settle()
            for page in quiet { #expect(try await setting.get(page).hitTier == "memory", "\(page)") }
            for layer in ["l1_memory", "l3_disk"] {
                #expect(try await setting.figure("evictions", in: layer, of: "quiet") == 0)
                #expect(try await setting.figure("evictions", in: layer, of: "default") > 0)
                #expect(try await setting.figure("entries", in: layer, of: "quiet") == 20)
            }
            try await setting.proxy.restart()
            for page in quiet { #expect(try await setting.get(page).hitTier == "disk", "\(page)") }
        }
    }
}
