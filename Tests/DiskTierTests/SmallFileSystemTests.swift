import CacheModel
import DiskTier
import TestSupport
import Testing

/// The file system ends long before the cap.
@Suite("a file system that is smaller than the cap")
struct SmallFileSystemTests {
    private static func tier(_ folder: TemporaryFolder) throws -> DiskTier {
        try open(folder, size: 64 << 20) {
            $0.device = SmallDevice(folder, limit: 2 << 20)
            $0.snapshotMilliseconds = 3_600_000
        }
    }

    private static func fill(_ tier: DiskTier) async {
        for number in 0..<12 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(100_000, seed: number)) == .stored)
        }
    }

    private static func found(_ tier: DiskTier, _ numbers: some Sequence<Int>) async -> Int {
        var found = 0
        for number in numbers where await tier.body(makeKey("/\(number)")) == pattern(100_000, seed: number) {
            found += 1
        }
        return found
    }

    @Test("a body that can't fit evicts nothing, whether its length is known or not", arguments: [true, false])
    func tooLarge(isKnown: Bool) async throws {
        let tier = try Self.tier(TemporaryFolder())
        await Self.fill(tier)
        let body = pattern(4 << 20, seed: 99)
        for _ in 0..<3 {
            let spool = try #require(tier.makeSpool(expectedLength: isKnown ? body.count : nil))
            await feed(spool, body)
            #expect(await tier.file(spool, key: makeKey("/large")) == .dropped(.full))
        }
        #expect(await Self.found(tier, 0..<12) == 12)
        #expect(tier.statistics().evictions == 0 && tier.statistics().failures == [.full: 3])
        await tier.stop()
    }

    @Test("once it was full there are several segments, and a body evicts no more than half of them")
    func half() async throws {
        let tier = try Self.tier(TemporaryFolder())
        for number in 0..<60 { _ = await tier.put(makeKey("/\(number)"), body: pattern(100_000, seed: number)) }
        #expect(await Self.found(tier, 40..<60) >= 12)
        let before = tier.statistics().entries!
        let spool = try #require(tier.makeSpool(expectedLength: nil))
        await feed(spool, pattern(4 << 20, seed: 99))
        #expect(await tier.file(spool, key: makeKey("/large")) == .dropped(.full))
        #expect(tier.statistics().entries! >= before / 3)
        // One that fits is stored, and the newest stay.
        let fitting = try #require(tier.makeSpool(expectedLength: 300_000))
        await feed(fitting, pattern(300_000, seed: 98))
        _ = await tier.file(fitting, key: makeKey("/fits"))
        #expect(await Self.found(tier, 55..<60) >= 4)
        await tier.stop()
    }
}
