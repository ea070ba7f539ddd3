import CacheModel
import DiskTier
import Foundation
import Testing

@Suite("the folder")
struct FolderTests {
    @Test("is one process's at a time")
    func locked() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder)
        let error = #expect(throws: DiskError.self) { try open(folder) }
        #expect(error?.kind == .locked)
        #expect(error?.description.contains(folder.path) == true)
        await tier.stop()
        await (try open(folder)).stop()
    }

    @Test("can be made, and has room for eight segments")
    func refused() throws {
        let missing = DiskTier.Configuration(path: "/dev/null/strata/cache", size: 1 << 20, maxObject: 1)
        let error = #expect(throws: DiskError.self) { try DiskTier(missing, logger: quiet) }
        #expect(error?.kind == .system && error?.errno == 20)
        #expect(error?.description.contains("/dev/null") == true)
        let small = DiskTier.Configuration(path: TemporaryFolder().path, size: 1_000, maxObject: 1)
        let other = #expect(throws: DiskError.self) { try DiskTier(small, logger: quiet) }
        #expect(other?.kind == .tooSmall)
    }

    /// Whoever runs this, root too, can make no folder there, and can't open a lock that is a folder.
    @Test("that is missing where none can be made, or can't be written, is told with its path", arguments: [0, 1, 2])
    func unusable(number: Int) throws {
        let folder = TemporaryFolder()
        let path = ["/proc/strata/cache", "/sys/kernel/strata/cache", folder.path + "/cache"][number]
        if number == 2 {
            try FileManager.default.createDirectory(atPath: path + "/lock", withIntermediateDirectories: true)
        }
        let configuration = DiskTier.Configuration(path: path, size: 1 << 20, maxObject: 1)
        let error = #expect(throws: DiskError.self) { try DiskTier(configuration, logger: quiet) }
        #expect(error?.kind == .system && error?.errno != 0)
        #expect(error?.description.contains(number == 2 ? path : String(path.dropLast(6))) == true)
        #expect(error?.description.contains("errno") == true)
    }

    @Test("is made with those above it")
    func made() async throws {
        let path = TemporaryFolder().path + "/a/b//c/"
        let tier = try DiskTier(DiskTier.Configuration(path: path, size: 1 << 20, maxObject: 1 << 20), logger: quiet)
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        #expect(TemporaryFolder.size(of: path + "format") != nil)
        await tier.stop()
    }

    @Test("can't be a file")
    func file() throws {
        let folder = TemporaryFolder()
        TemporaryFolder.write([1], to: folder.path + "/cache")
        let error = #expect(throws: DiskError.self) { try open(folder) }
        #expect(error?.kind == .system && error?.errno == 20)
    }

    @Test("of a partition that is none any more goes, with all that a tier made there, and with nothing else")
    func partitions() async throws {
        let folder = TemporaryFolder()
        let manager = FileManager.default
        for name in ["shop", "blog"] {
            let path = PartitionFolders.path(of: name, below: folder.path)
            let tier = try DiskTier(.init(path: path, size: 1 << 20, maxObject: 1 << 10), logger: quiet)
            await tier.stop()
            #expect(manager.fileExists(atPath: path + "/format"))
        }
        let others = PartitionFolders.path(of: "others", below: folder.path)
        try manager.createDirectory(atPath: others, withIntermediateDirectories: true)
        _ = manager.createFile(atPath: others + "/index", contents: nil)
        _ = manager.createFile(atPath: PartitionFolders.path(of: "blog", below: folder.path) + "/notes", contents: nil)
        PartitionFolders.drop(below: folder.path, except: ["shop"], logger: quiet)
        #expect(manager.fileExists(atPath: PartitionFolders.path(of: "shop", below: folder.path) + "/format"))
        #expect(manager.fileExists(atPath: others + "/index"))
        #expect(
            try manager.contentsOfDirectory(atPath: PartitionFolders.path(of: "blog", below: folder.path)) == ["notes"])
        PartitionFolders.drop(below: folder.path, except: [], logger: quiet)
        #expect(!manager.fileExists(atPath: PartitionFolders.path(of: "shop", below: folder.path)))
    }
}
