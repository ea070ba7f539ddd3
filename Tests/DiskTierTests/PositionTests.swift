import CacheModel
import DiskTier
import Testing

/// invalidation.md rule 7.
@Suite("writes and removals look at what is there")
struct PositionTests {
    @Test(
        "a write never replaces a higher position of the same epoch",
        arguments: [(7, 5, 4, false), (7, 5, 5, true), (7, 5, 6, true), (8, 5, 4, true)]
            as [(UInt64, UInt64, UInt64, Bool)])
    func superseded(epoch: UInt64, old: UInt64, new: UInt64, replaces: Bool) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder)
        let key = makeKey("/k")
        #expect(await tier.put(key, makeResponse(key, body: [1], epoch: 7, n: old)) == .stored)
        let outcome = await tier.put(key, makeResponse(key, body: [2], epoch: epoch, n: new))
        #expect(outcome == (replaces ? .stored : .superseded))
        #expect(await tier.body(key) == (replaces ? [2] : [1]))
        await tier.stop()
        let again = try open(folder)
        #expect(await again.body(key) == (replaces ? [2] : [1]))
        await again.stop()
    }

    @Test("a spooled body that comes late is given up, file and all", arguments: [100, 900_000])
    func spooled(count: Int) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 8 << 20)
        let key = makeKey("/s")
        #expect(await tier.put(key, body: [1], n: 9) == .stored)
        let before = tier.statistics().bytes
        let spool = try #require(tier.makeSpool(expectedLength: nil))
        await feed(spool, pattern(count, seed: 1))
        #expect(await tier.file(spool, key: key, n: 8) == .superseded)
        #expect(folder.files(under: "cache/bodies").isEmpty)
        #expect(tier.statistics().bytes == before)
        #expect(await tier.body(key) == [1])
        await tier.stop()
    }

    @Test("a removal names the entry")
    func removal() async throws {
        let tier = try open(TemporaryFolder())
        let key = makeKey("/r")
        #expect(await tier.put(key, body: [1], entryID: 11) == .stored)
        #expect(await tier.delete(key, entryID: 12) == false)
        #expect(await tier.body(key) == [1])
        #expect(await tier.delete(key, entryID: 11) == true)
        #expect(await tier.body(key) == nil)
        #expect(tier.statistics().removals == 1)
        await tier.stop()
    }

    @Test("replacing a large body gives its file back")
    func replaced() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 8 << 20)
        let key = makeKey("/l")
        for n in 1...5 as ClosedRange<UInt64> {
            #expect(await tier.put(key, body: pattern(900_000, seed: Int(n)), n: n) == .stored)
            #expect(folder.files(under: "cache/bodies").count == 1)
        }
        #expect(await tier.body(key) == pattern(900_000, seed: 5))
        await tier.stop()
    }
}
