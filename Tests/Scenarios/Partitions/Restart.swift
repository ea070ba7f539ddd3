import Foundation
import TestSupport
import Testing

extension PartitionStories {
    @Suite("Partitions and restarts")
    struct Restart {
        private static let pages = ["/page/a?max-age=600", "/page/shop/a?max-age=600"]

        @Test(
            "a partition that is no longer in the settings loses its folder, with a line in the log; the others keep theirs"
        )
        func removed() async throws {
            let setting = try await PartitionStories.start([.disk])
            for page in Self.pages { #expect(try await setting.get(page).isStoredMiss) }
            #expect(try await setting.get(Self.pages[0], blue).isStoredMiss)
            try await setting.settle()
            let folder = setting.proxy.folder
            let manager = FileManager.default
            #expect(manager.fileExists(atPath: folder.path("cache/partitions/shop/format")))
            _ = try await setting.proxy.process.stop()

            let text = try folder.read("proxy.conf")
            let without = text.replacingOccurrences(of: "shop: { disk: 16MB }, ", with: "")
                .split(separator: "\n").filter { !$0.contains("partition: shop") }.joined(separator: "\n")
            try folder.write(without, to: "proxy.conf")
            try await setting.proxy.startAgain()
            #expect(setting.proxy.process.text(.errors).contains("its files were dropped"))
            #expect(!manager.fileExists(atPath: folder.path("cache/partitions/shop")))
            #expect(try await setting.get(Self.pages[0]).hitTier == "disk")
            #expect(try await setting.get(Self.pages[0], blue).hitTier == "disk")
            // It is in no partition now, and was never stored there.
            #expect(try await setting.get(Self.pages[1]).isStoredMiss)

            // Given back, it begins empty.
            try await setting.settle()
            _ = try await setting.proxy.process.stop()
            try folder.write(text, to: "proxy.conf")
            try await setting.proxy.startAgain()
            #expect(try await setting.get(Self.pages[1]).isStoredMiss)
            #expect(try await setting.get(Self.pages[0]).hitTier == "disk")
        }
    }
}
