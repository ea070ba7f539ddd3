import CacheModel
import DiskTier
import Glibc
import TestSupport
import Testing

@Suite("the index's snapshot")
struct SnapshotTests {
    @Test("is all that a start after a clean end reads")
    func clean() async throws {
        let folder = TemporaryFolder()
        var tier = try open(folder, size: 4 << 20)
        #expect(tier.opening == DiskTier.Opening(indexProblem: "missing", scanned: 0))
        for number in 0..<100 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(3_000, seed: number)) == .stored)
        }
        let (entries, bytes) = (tier.statistics().entries, folder.bytes)
        await tier.stop()
        #expect(folder.bytes > bytes)
        tier = try open(folder, size: 4 << 20)
        #expect(tier.opening == DiskTier.Opening(indexProblem: nil, scanned: 0))
        #expect(tier.statistics().entries == entries)
        for number in 0..<100 { #expect(await tier.body(makeKey("/\(number)")) == pattern(3_000, seed: number)) }
        // It goes on in the segment that it stopped in, whose frames it knows.
        #expect(await tier.put(makeKey("/new"), body: [1]) == .stored)
        await tier.stop()
        tier = try open(folder, size: 4 << 20)
        for number in 0..<100 { #expect(await tier.body(makeKey("/\(number)")) == pattern(3_000, seed: number)) }
        #expect(await tier.body(makeKey("/new")) == [1])
        #expect(tier.statistics().bytes! >= UInt64(folder.bytes))
        await tier.stop()
    }

    @Test("leaves what was written after it to be looked for, and nothing else")
    func killed() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 4 << 20)
        for number in 0..<100 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(3_000, seed: number)) == .stored)
        }
        #expect(tier.saveIndex())
        for number in 100..<107 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(3_000, seed: number)) == .stored)
        }
        #expect(await tier.delete(makeKey("/3")) == true)
        #expect(await tier.put(makeKey("/4"), body: [4], n: 2) == .stored)
        let again = try open(folder.copy(), size: 4 << 20)
        #expect(again.opening == DiskTier.Opening(indexProblem: nil, scanned: 9))
        #expect(again.statistics().entries == 106)
        #expect(await again.body(makeKey("/3")) == nil)
        #expect(await again.body(makeKey("/4")) == [4])
        #expect(await again.body(makeKey("/106")) == pattern(3_000, seed: 106))
        await again.stop()
        await tier.stop()
    }

    @Test("is written by itself while the tier works")
    func bySelf() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder) { $0.snapshotMilliseconds = 20 }
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        let file = folder.path + "/cache/index"
        while TemporaryFolder.size(of: file) == nil { try await Task.sleep(for: .milliseconds(5)) }
        // The first may be from before the record.
        while true {
            let again = try open(folder.copy())
            let found = (again.opening, await again.body(makeKey("/a")))
            await again.stop()
            #expect(found.1 == [1])
            if found.0 == DiskTier.Opening(indexProblem: nil, scanned: 0) { break }
        }
        await tier.stop()
    }

    @Test("counts for the cap, and so does the next one while it is written")
    func space() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 256 << 10)
        for number in 0..<1_500 {
            #expect(await tier.put(makeKey("/\(number)"), body: [UInt8(number % 256)]) == .stored)
            if number % 50 == 0 { #expect(tier.saveIndex()) }
            if number % 10 == 0 {
                #expect(folder.bytes <= 256 << 10)
                #expect(tier.statistics().bytes! >= UInt64(folder.bytes))
            }
        }
        #expect(tier.statistics().evictions > 0)
        await tier.stop()
        #expect(folder.bytes <= 256 << 10)
        let again = try open(folder, size: 256 << 10)
        #expect(again.opening.indexProblem == nil)
        #expect(again.statistics().bytes! >= UInt64(folder.bytes))
        #expect(await again.body(makeKey("/1499")) == [UInt8(1_499 % 256)])
        await again.stop()
    }

    @Test("keeps what was hit known over a restart, so that it is handed on")
    func hits() async throws {
        let folder = TemporaryFolder()
        var tier = try open(folder)
        let hot = makeKey("/hot")
        #expect(await tier.put(hot, body: pattern(2_000, seed: 0)) == .stored)
        #expect(await tier.body(hot) == pattern(2_000, seed: 0))
        await tier.stop()
        tier = try open(folder)
        for number in 1...80 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(20_000, seed: number)) == .stored)
        }
        #expect(tier.statistics().evictions > 0)
        #expect(await tier.body(makeKey("/1")) == nil)
        #expect(await tier.body(hot) == pattern(2_000, seed: 0))
        await tier.stop()
    }

    @Test("that can't be written costs nothing but the scan", arguments: [EIO, ENOSPC])
    func unwritable(code: Int32) async throws {
        let device = FaultyDevice()
        let folder = TemporaryFolder()
        let tier = try open(folder) { $0.device = device }
        for number in 0..<10 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(500, seed: number)) == .stored)
        }
        let before = tier.statistics().bytes
        for number in 1...4 {
            device.onWrite { $0 == number ? .error(code) : nil }
            #expect(!tier.saveIndex())
            #expect(tier.statistics().bytes == before)
            #expect(folder.files().allSatisfy { !$0.contains("index") })
        }
        device.heal()
        let again = try open(folder.copy())
        #expect(again.opening == DiskTier.Opening(indexProblem: "missing", scanned: 10))
        #expect(await again.body(makeKey("/9")) == pattern(500, seed: 9))
        await again.stop()
        #expect(tier.saveIndex())
        await tier.stop()
    }
}
