import TestSupport
import CacheModel
import Eviction
import Glibc
import MemoryTier
import Testing

@Suite struct HammerTests {
    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs the work on that many threads of their own at once and waits for them. Threads, not tasks: the system may
    /// stop a thread while it holds a lock.
    private func threads(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let started = (0..<count).map { number in
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(Work { work(number) }).toOpaque()
            let failed = pthread_create(
                &thread, nil,
                {
                    if let argument = $0 { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                }, argument)
            precondition(failed == 0)
            return thread
        }
        for thread in started { pthread_join(thread, nil) }
    }

    @Test("threads that do everything at once leave the books in order", arguments: PolicyName.allCases)
    func everything(policy: PolicyName) {
        let tier = MemoryTier(.init(capacity: 2 << 20, policy: policy, maxObject: 60_000, shards: 2))
        threads(4) { thread in
            var random = SplitMix(state: UInt64(thread))
            for _ in 0..<8000 {
                let key = "key \(random.next() % 300)"
                switch random.next() % 16 {
                case 0: _ = tier.dropAll(key)
                case 1: _ = tier.drop(key, selection: "1", entryID: 1)
                case 2: #expect(tier.all(key).allSatisfy { $0.keyText == key })
                case 3: #expect(tier.page(cursor: random.next() % 2 << 32, limit: 5).entries.count <= 5)
                case 4: if random.next() % 100 == 0 { _ = tier.removeAll() }
                case 5: #expect(tier.statistics().bytes ?? .max <= 2 << 20)
                case 6...9:
                    let body = Int(random.next() % 40_000)
                    tier.store(response(key, selection: "\(random.next() % 3)", body: body))
                default: if let found = tier.find(key) { #expect(found.keyText == key) }
                }
            }
        }
        #expect(tier.checkInvariants() == [])
        let statistics = tier.statistics()
        #expect(statistics.evictions > 0)
        #expect(statistics.hits > 0)
        let walked = tier.page(cursor: 0, limit: 1 << 20).entries.count
        #expect(statistics.entries == UInt64(walked))
    }

    @Test("no count is lost between threads")
    func counts() {
        let tier = MemoryTier(.init(capacity: 8 << 20, policy: .s3FIFO, maxObject: 1000, shards: 4))
        for number in 0..<100 { tier.store(response("key \(number)")) }
        threads(4) { thread in
            for number in 0..<10_000 { _ = tier.find("key \((number + thread) % 200)") }
        }
        #expect(tier.statistics().hits == 20_000)
        #expect(tier.statistics().misses == 20_000)
    }
}
