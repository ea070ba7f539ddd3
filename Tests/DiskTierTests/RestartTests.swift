import CacheModel
import DiskTier
import TestSupport
import Testing

@Suite("what a restart finds")
struct RestartTests {
    @Test("records of every size, after a clean end and after kill -9", arguments: [true, false])
    func records(clean: Bool) async throws {
        var folder = TemporaryFolder()
        let tier = try open(folder, size: 32 << 20, segment: 4 << 20)
        let sizes = [0, 10, 5_000, 300_000, 900_000, (1 << 20) + 5, 3_000_000]
        for count in sizes {
            #expect(await tier.put(makeKey("/\(count)"), body: pattern(count, seed: count)) == .stored)
        }
        if clean { await tier.stop() } else { folder = folder.copy() }
        let again = try open(folder, size: 32 << 20, segment: 4 << 20)
        #expect(again.statistics().entries == UInt64(sizes.count))
        for count in sizes { #expect(await again.body(makeKey("/\(count)")) == pattern(count, seed: count)) }
        await again.stop()
        await tier.stop()
    }

    @Test("the newest record of a key, and one that expired meanwhile hides those before it")
    func newest() async throws {
        let folder = TemporaryFolder()
        let now = Now()
        func opened() throws -> DiskTier { try open(folder) { $0.now = { now.value } } }
        var tier = try opened()
        #expect(await tier.put(makeKey("/a"), body: [1], n: 1, ttl: 100_000) == .stored)
        #expect(await tier.put(makeKey("/a"), body: [2], n: 2, ttl: 100_000) == .stored)
        #expect(await tier.put(makeKey("/b"), body: [1], n: 1, ttl: 100_000) == .stored)
        #expect(await tier.put(makeKey("/b"), body: [2], n: 2, ttl: 50) == .stored)
        await tier.stop()
        now.value += 1_000
        tier = try opened()
        #expect(await tier.body(makeKey("/a")) == [2])
        #expect(await tier.body(makeKey("/b")) == nil)
        #expect(tier.statistics().entries == 1)
        await tier.stop()
    }

    @Test("nothing that was removed, in a segment or in a file of its own", arguments: [100, 3_000_000])
    func removed(count: Int) async throws {
        var folder = TemporaryFolder()
        let tier = try open(folder, size: 32 << 20, segment: 4 << 20)
        let key = makeKey("/r")
        #expect(await tier.put(key, body: pattern(count, seed: 1)) == .stored)
        #expect(await tier.delete(key) == true)
        #expect(await tier.delete(key) == false)
        #expect(folder.files(under: "cache/bodies").isEmpty)
        folder = folder.copy()
        let again = try open(folder, size: 32 << 20, segment: 4 << 20)
        #expect(await again.body(key) == nil)
        #expect(again.statistics().entries == 0)
        await again.stop()
        await tier.stop()
    }

    @Test("no more than the cap, also when it was lowered")
    func lowered() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 4 << 20)
        for number in 0..<300 { _ = await tier.put(makeKey("/\(number)"), body: pattern(12_000, seed: number)) }
        #expect(folder.bytes > 3 << 20)
        await tier.stop()
        let again = try open(folder, size: 1 << 20)
        #expect(folder.bytes <= 1 << 20)
        #expect(again.statistics().bytes! <= 1 << 20)
        #expect(await again.body(makeKey("/299")) == pattern(12_000, seed: 299))
        await again.stop()
    }

    @Test("a large body only with its record, and no file that belongs to none")
    func orphans() async throws {
        var folder = TemporaryFolder()
        let tier = try open(folder, size: 32 << 20, segment: 4 << 20)
        #expect(await tier.put(makeKey("/kept"), body: pattern(2_000_000, seed: 1)) == .stored)
        #expect(await tier.put(makeKey("/cut"), body: pattern(2_000_000, seed: 2)) == .stored)
        let spool = try #require(tier.makeSpool(expectedLength: nil))
        await feed(spool, pattern(200_000, seed: 3))
        await once(on: loop) { done in spool.whenDrained(on: loop) { done(()) } }
        folder = folder.copy()
        let files = folder.files(under: "cache/bodies")
        #expect(files.count == 3)
        TemporaryFolder.write(Array(TemporaryFolder.read(files[1]).dropLast()), to: files[1])
        let again = try open(folder, size: 32 << 20, segment: 4 << 20)
        #expect(folder.files(under: "cache/bodies") == [files[0]])
        #expect(await again.body(makeKey("/kept")) == pattern(2_000_000, seed: 1))
        #expect(await again.body(makeKey("/cut")) == nil)
        await again.stop()
        spool.discard()
        await tier.stop()
    }

    @Test("nothing of another format, and files that are not the tier's are left alone")
    func otherFormat() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder)
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        await tier.stop()
        TemporaryFolder.write(Array("strata disk tier, format 999\n".utf8), to: folder.path + "/cache/format")
        let foreign = folder.path + "/cache/segments/notes.txt"
        TemporaryFolder.write([1], to: foreign)
        let again = try open(folder)
        #expect(await again.body(makeKey("/a")) == nil)
        #expect(TemporaryFolder.read(foreign) == [1])
        #expect(await again.put(makeKey("/a"), body: [2]) == .stored)
        await again.stop()
        let third = try open(folder)
        #expect(await third.body(makeKey("/a")) == [2])
        await third.stop()
    }

    @Test("goes on in the newest segment, so that restarts do not pile up files")
    func resumes() async throws {
        let folder = TemporaryFolder()
        for number in 0..<20 {
            let tier = try open(folder)
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(100, seed: number)) == .stored)
            await tier.stop()
        }
        #expect(folder.files(under: "cache/segments").count == 1)
        let tier = try open(folder)
        for number in 0..<20 { #expect(await tier.body(makeKey("/\(number)")) == pattern(100, seed: number)) }
        await tier.stop()
    }
}
