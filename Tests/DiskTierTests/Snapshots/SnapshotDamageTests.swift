import CacheModel
import DiskTier
import Glibc
import TestSupport
import Testing

@Suite("a snapshot that is broken or old")
struct SnapshotDamageTests {
    private static func check(_ folder: TemporaryFolder, _ problem: String) async throws {
        let tier = try open(folder, size: 256 << 10)
        #expect(tier.opening.indexProblem == problem)
        #expect(tier.opening.scanned == 8)
        #expect(tier.statistics().entries == 6)
        for number in 0..<6 {
            #expect(await tier.body(makeKey("/\(number)")) == pattern(100 * number, seed: number))
        }
        #expect(await tier.body(makeKey("/gone")) == nil)
        await tier.stop()
        #expect(TemporaryFolder.size(of: folder.path + "/cache/index") != nil)
    }

    private static func store() async throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 256 << 10)
        for number in 0..<6 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(100 * number, seed: number)) == .stored)
        }
        #expect(await tier.put(makeKey("/gone"), body: [1]) == .stored)
        #expect(await tier.delete(makeKey("/gone")) == true)
        await tier.stop()
        return folder
    }

    @Test("in any bit, cut anywhere, or longer: the segments are looked through", arguments: ["flip", "cut", "grow"])
    func damaged(how: String) async throws {
        let folder = try await Self.store()
        let whole = TemporaryFolder.read(folder.path + "/cache/index")
        for at in stride(from: 0, to: whole.count, by: how == "grow" ? whole.count : 11) {
            var bytes = whole
            switch how {
            case "flip": bytes[at] ^= 1 << UInt8(at % 8)
            case "cut": bytes.removeSubrange(at...)
            default: bytes += whole[64...]
            }
            let copy = folder.copy()
            TemporaryFolder.write(bytes, to: copy.path + "/cache/index")
            try await Self.check(copy, "broken")
        }
    }

    @Test("of another version, or nothing at all")
    func otherVersion() async throws {
        let folder = try await Self.store()
        var bytes = TemporaryFolder.read(folder.path + "/cache/index")
        bytes[11] += 1
        bytes.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        let crc = bytes[..<64].withUnsafeBytes { RecordCodec.checksum(0, $0) }
        bytes.replaceSubrange(12..<16, with: withUnsafeBytes(of: crc.bigEndian) { Array($0) })
        TemporaryFolder.write(bytes, to: folder.path + "/cache/index")
        try await Self.check(folder, "other_version")
        unlink(folder.path + "/cache/index")
        // The removal was looked for once and is in the footer or the segment still.
        try await Self.check(folder, "missing")
    }

    /// What a power cut may leave: the snapshot is synced after the segments, so this takes a device that lies.
    @Test("that knows more than the segments have")
    func outdated() async throws {
        let folder = try await Self.store()
        let segment = folder.files(under: "cache/segments")[0]
        let whole = TemporaryFolder.read(segment)
        TemporaryFolder.write(Array(whole.dropLast(96)), to: segment)
        let tier = try open(folder, size: 256 << 10)
        #expect(tier.opening == DiskTier.Opening(indexProblem: "outdated", scanned: 7))
        // The tombstone was cut off: that one record is there again.
        #expect(tier.statistics().entries == 7)
        #expect(TemporaryFolder.size(of: folder.path + "/cache/index") == nil)
        await tier.stop()
    }
}
