import CacheModel
import DiskTier
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("a device that does not answer")
struct StuckDeviceTests {
    @Test("a lookup is answered within its budget, those behind it are not queued without end")
    func reads() async throws {
        let device = FaultyDevice()
        let tier = try DiskTierTests.open(TemporaryFolder()) {
            $0.device = device
            $0.readMilliseconds = 50
            $0.readThreads = 1
            $0.readQueueLength = 2
        }
        let key = makeKey("/stuck")
        #expect(await tier.put(key, body: [1]) == .stored)
        let gate = Gate()
        device.onRead { _ in
            gate.pass()
            return nil
        }
        let reads = await withTaskGroup(of: TierRead.self) { group in
            for _ in 0..<4 { group.addTask { await tier.get(key) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for read in reads {
            switch read {
            case .unavailable(.timeout), .unavailable(.queueFull): break
            default: Issue.record("\(read)")
            }
        }
        gate.open()
        device.heal()
        while await tier.body(key) != [1] {}
        await tier.stop()
    }

    @Test("writes beyond the queue are dropped and counted, and a shutdown ends")
    func writes() async throws {
        let device = FaultyDevice()
        let tier = try DiskTierTests.open(TemporaryFolder()) {
            $0.device = device
            $0.writeQueueBytes = 40_000
        }
        let gate = Gate()
        let isStuck = Atomic(false)
        device.onWrite { _ in
            isStuck.store(true, ordering: .relaxed)
            gate.pass()
            return nil
        }
        let outcomes = Mutex<[TierWrite]>([])
        let body = pattern(10_000, seed: 1)
        for number in 0..<12 {
            let key = makeKey("/\(number)")
            // What comes before the first one stands would be written with it.
            while number == 1, !isStuck.load(ordering: .relaxed) { await Task.yield() }
            loop.execute {
                let record = Record.response(makeResponse(key, body: body))
                tier.write(record, key: key, ttlMilliseconds: 1_000, on: loop) { outcome in
                    outcomes.withLock { $0.append(outcome) }
                }
            }
        }
        // Refusals come at once, while the first write still stands.
        while outcomes.withLock({ $0.count }) < 7 { await Task.yield() }
        #expect(outcomes.withLock { $0 }.allSatisfy { $0 == .dropped(.queueFull) })
        #expect(tier.statistics().failures[.queueFull]! >= 7)
        await withCheckedContinuation { done in tier.shutdown(withinMilliseconds: 10) { done.resume() } }
        gate.open()
        while outcomes.withLock({ $0.count }) < 12 { await Task.yield() }
        // The one that stood was written in the end; the dropped ones have an answer too.
        #expect(outcomes.withLock { $0.filter { $0 == .dropped(.closed) }.count } >= 2)
    }

    @Test("what took too long is counted as that, once, whatever becomes of it", arguments: [true, false])
    func lateWrites(succeeds: Bool) async throws {
        let device = FaultyDevice()
        let tier = try DiskTierTests.open(TemporaryFolder()) {
            $0.device = device
            $0.writeMilliseconds = 20
        }
        let gate = Gate()
        device.onWrite { _ in
            gate.pass()
            return succeeds ? nil : .error(EIO)
        }
        #expect(await tier.put(makeKey("/late"), body: [1]) == .dropped(.timeout))
        #expect(await tier.delete(makeKey("/late")) == nil)
        gate.open()
        while tier.writesInFlight > 0 { await Task.yield() }
        let statistics = tier.statistics()
        #expect(statistics.writes == 0 && statistics.removals == 0)
        #expect(statistics.failures == [.timeout: 2])
        device.heal()
        await tier.stop()
    }
}
