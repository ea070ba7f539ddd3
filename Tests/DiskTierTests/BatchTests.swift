import CacheModel
import DiskTier
import Glibc
import TestSupport
import Testing

/// Small records that come while the disk is busy go to it together.
@Suite("many small writes")
struct BatchTests {
    /// Starts all writes before the first can be done; calls back with what came of them.
    private static func write(
        _ tier: DiskTier, _ device: FaultyDevice, _ records: [(path: String, body: [UInt8], n: UInt64)],
        then fault: @escaping @Sendable (Int) -> FaultyDevice.Fault? = { _ in nil }
    ) async -> [TierWrite] {
        let gate = Gate()
        device.onWrite { number in
            gate.pass()
            return fault(number)
        }
        return await withTaskGroup(of: (Int, TierWrite).self) { group in
            for (number, record) in records.enumerated() {
                let key = makeKey(record.path)
                group.addTask {
                    (number, await tier.put(key, body: record.body, n: record.n))
                }
            }
            group.addTask {
                while tier.writesInFlight < records.count { usleep(1_000) }
                gate.open()
                return (-1, .stored)
            }
            var outcomes = [TierWrite](repeating: .stored, count: records.count)
            for await (number, outcome) in group where number >= 0 { outcomes[number] = outcome }
            return outcomes
        }
    }

    private static let records = (0..<100).map { (path: "/\($0)", body: pattern($0 * 37, seed: $0), n: UInt64(1)) }

    /// - Parameter evicted: whether some may be gone.
    private static func check(_ tier: DiskTier, _ outcomes: [TierWrite], evicted: Bool = false) async {
        for (record, outcome) in zip(records, outcomes) {
            let body = await tier.body(makeKey(record.path))
            let isRight = outcome == .stored ? body == record.body || (evicted && body == nil) : body == nil
            #expect(isRight, "\(record.path) \(outcome)")
        }
    }

    @Test("are few writes to the file, over the ends of segments too, and all of them are there after kill -9")
    func together() async throws {
        let (device, folder) = (FaultyDevice(), TemporaryFolder())
        let tier = try open(folder, size: 1 << 20) { $0.device = device }
        let outcomes = await Self.write(tier, device, Self.records)
        #expect(outcomes.allSatisfy { $0 == .stored })
        // Segments of 128 KB: two headers, a footer, and a few for the frames.
        #expect(device.writeCount < 15)
        await Self.check(tier, outcomes)
        let again = try open(folder.copy(), size: 1 << 20)
        await Self.check(again, outcomes)
        await again.stop()
        await tier.stop()
    }

    @Test("one after the other when together they fail", arguments: [EIO, ENOSPC])
    func failing(code: Int32) async throws {
        let (device, folder) = (FaultyDevice(), TemporaryFolder())
        let tier = try open(folder, size: 1 << 20) { $0.device = device }
        #expect(await tier.put(makeKey("/before"), body: [1]) == .stored)
        let outcomes = await Self.write(tier, device, Self.records) { $0 == 2 || $0 == 9 ? .error(code) : nil }
        #expect(outcomes.filter { $0 != .stored }.count <= 1)
        device.heal()
        // A full disk gives up its oldest segment for what comes next.
        let evicted = code == ENOSPC
        await Self.check(tier, outcomes, evicted: evicted)
        if !evicted { #expect(await tier.body(makeKey("/before")) == [1]) }
        let again = try open(folder.copy(), size: 1 << 20)
        await Self.check(again, outcomes, evicted: evicted)
        await again.stop()
        await tier.stop()
    }

    @Test("keep their order under one key, and the later position")
    func sameKey() async throws {
        let (device, folder) = (FaultyDevice(), TemporaryFolder())
        let tier = try open(folder) { $0.device = device }
        let positions: [UInt64] = [3, 1, 4, 1, 5, 9, 2, 6]
        let records = positions.map { (path: "/same", body: [UInt8($0)], n: $0) }
        let outcomes = await Self.write(tier, device, records)
        // In whatever order they came: the highest is there.
        #expect(outcomes.contains(.stored))
        #expect(await tier.body(makeKey("/same")) == [9])
        let again = try open(folder.copy())
        #expect(await again.body(makeKey("/same")) == [9])
        await again.stop()
        await tier.stop()
    }
}
