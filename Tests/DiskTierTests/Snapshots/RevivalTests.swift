import CacheModel
import DiskTier
import NIOCore
import Synchronization
import TestSupport
import Testing

/// A start may lose what eviction took, but never brings back what was replaced or removed, whichever snapshot of the
/// folder's life it finds.
@Suite("no snapshot revives a record")
struct RevivalTests {
    private static let size = 256 << 10
    private static let keys = 120

    /// What is filed under a key: which write it was, and how large.
    private struct Filed: Equatable {
        var write: Int
        var count: Int
        var body: [UInt8] { pattern(count, seed: write) }
    }

    @Test("whatever was written, removed and evicted since it was taken", arguments: 1...3)
    func model(seed: Int) async throws {
        let folder = TemporaryFolder()
        var tier = try open(folder, size: Self.size)
        var random = Random(seed)
        var model: [Int: Filed] = [:]
        var snapshots: [[UInt8]] = []
        let file = "/cache/index"
        var evictions: UInt64 = 0
        for step in 1...500 {
            let number = random.below(Self.keys)
            let key = makeKey("/\(number)")
            switch random.below(40) {
            case 0..<8:
                _ = await tier.delete(key)
                model[number] = nil
            case 8..<14: _ = await tier.get(key)
            case 14:
                #expect(tier.saveIndex())
                snapshots.append(TemporaryFolder.read(folder.path + file))
            case 15 where step % 3 == 0:
                evictions += tier.statistics().evictions
                await tier.stop()
                tier = try open(folder, size: Self.size)
                #expect(tier.opening.indexProblem == nil)
            default:
                // Some in files of their own.
                let filed = Filed(write: step, count: random.below(8) == 0 ? 20_000 : random.below(4_000))
                #expect(await tier.put(key, body: filed.body, n: UInt64(step)) == .stored)
                model[number] = filed
            }
            guard step % 125 == 0 else { continue }
            let some =
                snapshots.suffix(3) + snapshots.dropLast(3).enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
            try await Self.check(folder, model, tier, Array(some))
        }
        #expect(snapshots.count > 5)
        #expect(evictions + tier.statistics().evictions > 0)
        await tier.stop()
    }

    /// The folder as kill -9 leaves it, with each snapshot that it ever had in place of the newest, and with none.
    private static func check(
        _ folder: TemporaryFolder, _ model: [Int: Filed], _ tier: DiskTier, _ snapshots: [[UInt8]]
    ) async throws {
        for snapshot in [nil] + snapshots {
            let copy = folder.copy()
            if let snapshot { TemporaryFolder.write(snapshot, to: copy.path + "/cache/index") }
            let again = try open(copy, size: size)
            for number in 0..<keys {
                let key = makeKey("/\(number)")
                let (now, found) = (await tier.body(key), await again.body(key))
                // An old snapshot may be larger: then the oldest segment makes room for it.
                let isSame = found == now || (found == nil && again.opening.evictedSegments > 0)
                let isTrue = found == nil || found == model[number]?.body
                #expect(isSame && isTrue, "\(number) with a snapshot of \(snapshot?.count ?? 0) bytes")
            }
            await again.stop()
        }
    }

    @Test("taken while eight writers go on", .timeLimit(.minutes(2)))
    func underWrites() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: Self.size)
        let ended = Atomic(false)
        let saver = Task {
            var snapshots: [[UInt8]] = []
            while !ended.load(ordering: .relaxed) {
                #expect(tier.saveIndex())
                snapshots.append(TemporaryFolder.read(folder.path + "/cache/index"))
                try await Task.sleep(for: .milliseconds(5))
            }
            return snapshots
        }
        let model = await withTaskGroup(of: [Int: Filed].self) { group in
            for worker in 0..<8 { group.addTask { await Self.write(tier, worker) } }
            return await group.reduce(into: [:]) { $0.merge($1) { $1 } }
        }
        ended.store(true, ordering: .relaxed)
        let snapshots = try await saver.value
        try await Self.check(folder, model, tier, snapshots.suffix(4) + snapshots.prefix(2))
        await tier.stop()
    }

    /// Each writer has keys of its own, so that what it did last is what counts.
    private static func write(_ tier: DiskTier, _ worker: Int) async -> [Int: Filed] {
        var random = Random(worker + 1)
        var model: [Int: Filed] = [:]
        for step in 1...200 {
            let number = random.below(keys / 8) * 8 + worker
            if random.below(4) == 0 {
                _ = await tier.delete(makeKey("/\(number)"))
                model[number] = nil
            } else {
                let filed = Filed(write: worker * 1_000 + step, count: random.below(3_000))
                #expect(await tier.put(makeKey("/\(number)"), body: filed.body, n: UInt64(step)) == .stored)
                model[number] = filed
            }
        }
        return model
    }
}
