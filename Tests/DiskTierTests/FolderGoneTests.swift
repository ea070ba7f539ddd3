import CacheModel
import DiskTier
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@Suite("a folder that is not there")
struct FolderGoneTests {
    @Test(
        "any more, is made again by the next write that needs it, and holds what comes then", arguments: [true, false])
    func removed(wholly: Bool) async throws {
        let (folder, lines) = (TemporaryFolder(), LogLines())
        let tier = try open(folder, size: 1 << 20, logger: lines.logger)
        #expect(await tier.put(makeKey("/before"), body: pattern(5_000, seed: 1)) == .stored)
        try FileManager.default.removeItem(atPath: folder.path + (wholly ? "/cache" : "/cache/segments"))
        if !wholly { try FileManager.default.removeItem(atPath: folder.path + "/cache/bodies") }
        // A body with a file of its own, and as many records as fill some segments.
        let spool = try #require(tier.makeSpool(expectedLength: nil))
        await feed(spool, pattern(200_000, seed: 50))
        #expect(await tier.file(spool, key: makeKey("/large")) == .stored)
        for number in 0..<20 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(15_000, seed: number)) == .stored)
        }
        #expect(tier.statistics().state == .up && tier.statistics().failures.isEmpty)
        #expect(await tier.body(makeKey("/19")) == pattern(15_000, seed: 19))
        #expect(lines.now.filter { $0.contains("made again") }.count == 1)
        // It is locked as before.
        #expect(throws: DiskError.self) { try open(folder) }
        let again = try open(folder.copy())
        for number in 0..<20 { #expect(await again.body(makeKey("/\(number)")) == pattern(15_000, seed: number)) }
        #expect(await again.body(makeKey("/large")) == pattern(200_000, seed: 50))
        await again.stop()
        await tier.stop()
    }

    @Test("any more, is noticed when the index is saved")
    func noticedBySnapshot() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder) { $0.snapshotMilliseconds = 3_600_000 }
        #expect(await tier.put(makeKey("/before"), body: [1]) == .stored)
        try FileManager.default.removeItem(atPath: folder.path + "/cache")
        #expect(tier.saveIndex())
        #expect(await tier.put(makeKey("/after"), body: [2]) == .stored)
        let again = try open(folder.copy())
        #expect(await again.body(makeKey("/after")) == [2])
        await again.stop()
        await tier.stop()
    }

    @Test("at the start, is down for a reason, and up once it can be made")
    func late() async throws {
        let (folder, lines) = (TemporaryFolder(), LogLines())
        let whenOpen = Atomic(0)
        // Where the folder is to be there is a file.
        TemporaryFolder.write([], to: folder.path + "/cache")
        let tier = try Self.late(folder, lines) { whenOpen.add(1, ordering: .relaxed) }
        let key = makeKey("/a")
        var statistics = tier.statistics()
        #expect(statistics.state == .down && statistics.reason == .ioError && statistics.capacity == 1 << 20)
        guard case .unavailable(.ioError) = await Self.read(tier, key) else {
            Issue.record("not unavailable")
            return
        }
        #expect(await Self.write(tier, key) == .dropped(.ioError))
        #expect(tier.makeSpool(expectedLength: nil) == nil)
        #expect(tier.statistics().failures == [.ioError: 3])
        #expect(lines.now.count == 1)
        #expect(lines.now[0].hasPrefix("error the disk tier is away") && lines.now[0].contains(folder.path + "/cache"))

        try FileManager.default.removeItem(atPath: folder.path + "/cache")
        while tier.statistics().state != .up { try await Task.sleep(for: .milliseconds(2)) }
        while whenOpen.load(ordering: .relaxed) == 0 { await Task.yield() }
        #expect(await Self.write(tier, key) == .stored)
        guard case .hit = await Self.read(tier, key) else {
            Issue.record("not a hit")
            return
        }
        // A body that another's spool has.
        let spools = StateSpoolFactory(folder: folder.path, limit: 1 << 30)
        let spool = try #require(spools.makeSpool(expectedLength: nil))
        await feed(spool, pattern(100_000, seed: 1))
        let outcome = await once(on: loop) {
            tier.commit(
                spool, as: makeResponse(key, body: []), key: key, ttlMilliseconds: 1_000, on: loop, $0)
        }
        #expect(outcome == .dropped(.refused))
        // Who reads it still can.
        let part = await once(on: loop) { spool.read(from: 0, count: 10, on: loop, $0) }
        #expect(Array(try part.get().readableBytesView) == Array(pattern(100_000, seed: 1)[..<10]))
        statistics = tier.statistics()
        #expect(statistics.writes == 1 && statistics.entries == 1 && statistics.failures == [.ioError: 3, .refused: 1])
        #expect(lines.now.last!.hasPrefix("notice the disk tier's folder could be opened"))
        await withCheckedContinuation { done in tier.shutdown(withinMilliseconds: 30_000) { done.resume() } }
        #expect(whenOpen.load(ordering: .relaxed) == 1)
    }

    @Test("at the start and never comes, costs a shutdown nothing")
    func neverThere() async throws {
        let folder = TemporaryFolder()
        TemporaryFolder.write([], to: folder.path + "/cache")
        let tier = try Self.late(folder, LogLines())
        await withCheckedContinuation { done in tier.shutdown(withinMilliseconds: 30_000) { done.resume() } }
        #expect(tier.statistics().reason == .closed)
        #expect(await Self.write(tier, makeKey("/a")) == .dropped(.closed))
    }

    @Test("free is refused at once")
    func locked() async throws {
        let folder = TemporaryFolder()
        let holder = try open(folder)
        #expect(throws: DiskError.self) { try Self.late(folder, LogLines()) }
        await holder.stop()
    }

    @Test("or is: the promises of every tier are kept", arguments: TierConformance.allCases)
    func conforms(check: TierConformance) async throws {
        try await check.run(on: Self.late(TemporaryFolder(), LogLines(), size: 16 << 20))
    }

    private static func late(
        _ folder: TemporaryFolder, _ lines: LogLines, size: Int = 1 << 20,
        _ whenOpen: @escaping @Sendable () -> Void = {}
    ) throws -> LateDiskTier {
        try LateDiskTier(
            DiskTier.Configuration(path: folder.path + "/cache", size: size, maxObject: 2 << 20), retryMilliseconds: 5,
            logger: lines.logger, whenOpen: whenOpen)
    }

    private static func read(_ tier: LateDiskTier, _ key: TierKey) async -> TierRead {
        await once(on: loop) { tier.read(key, on: loop, $0) }
    }

    private static func write(_ tier: LateDiskTier, _ key: TierKey) async -> TierWrite {
        await once(on: loop) {
            tier.write(.response(makeResponse(key, body: [1])), key: key, ttlMilliseconds: 60_000, on: loop, $0)
        }
    }
}
