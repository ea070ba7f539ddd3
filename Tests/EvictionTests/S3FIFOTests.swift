import TestSupport
import Eviction
import Testing

/// The rules of the paper one by one (Yang et al., SOSP 2023, section 4.1), and what we decided for sizes.
@Suite struct S3FIFOTests {
    private func insert(_ slots: some Sequence<UInt32>, into policy: inout S3FIFO, size: UInt32 = 10) {
        for slot in slots { policy.insert(slot, hash: SplitMix.hash(UInt64(slot)), size: size, cost: 1) }
    }

    @Test("what was not used leaves in the order of arrival")
    func fifo() {
        var policy = S3FIFO(capacity: 100)
        insert(0..<5, into: &policy)
        #expect((0..<5).map { _ in policy.evict() } == [0, 1, 2, 3, 4])
        #expect(policy.evict() == nil)
    }

    @Test("one use is not enough to stay, two are", arguments: [(0, 1), (1, 1), (2, 2), (3, 2)])
    func quickDemotion(uses: Int, firstVictim: UInt32) {
        var policy = S3FIFO(capacity: 100)
        insert([1, 2, 3], into: &policy)
        for _ in 0..<uses { policy.hit(1) }
        #expect(policy.evict() == firstVictim)
        #expect(policy.checkInvariants() == [])
    }

    @Test("who comes back while the ghosts know him goes to the main queue")
    func ghost() {
        var policy = S3FIFO(capacity: 100)
        insert([0, 1, 2], into: &policy)
        #expect(policy.evict() == 0)
        insert([0], into: &policy)
        // 0 came last, but stands in main: the small queue's older ones go before it, its last one after it.
        #expect((0..<3).map { _ in policy.evict() } == [1, 0, 2])
    }

    @Test("an entry of the main queue gets a round for each use, three at most")
    func rounds() {
        var policy = S3FIFO(capacity: 1000)
        insert([0, 1], into: &policy)
        #expect((0..<2).map { _ in policy.evict() } == [0, 1])
        insert([0, 1], into: &policy)
        for _ in 0..<100 { policy.hit(0) }
        for _ in 0..<3 { policy.hit(1) }
        // Both count three: in the order of arrival again.
        #expect(policy.evict() == 0)
        #expect(policy.evict() == 1)
    }

    @Test("a removed entry is no ghost")
    func removed() {
        var policy = S3FIFO(capacity: 100)
        insert([0, 1, 2], into: &policy)
        policy.remove(0)
        insert([0], into: &policy)
        #expect((0..<3).map { _ in policy.evict() } == [1, 2, 0])
    }

    @Test("an object larger than the small queue's share, or than all the room, is not the first to go")
    func large() {
        for size: UInt32 in [500, 2000] {
            var policy = S3FIFO(capacity: 1000)
            insert(0..<10, into: &policy, size: 50)
            for slot: UInt32 in 0..<10 {
                policy.hit(slot)
                policy.hit(slot)
            }
            insert([10], into: &policy, size: size)
            let victims = (0..<11).map { _ in policy.evict() }
            #expect(victims.last == 10)
            #expect(policy.checkInvariants() == [])
        }
    }

    @Test("the ghost queue is bounded by the entries there were, and so is the memory: 20 bytes an entry, growth aside")
    func bounded() {
        var policy = S3FIFO(capacity: 10_000)
        for number in 0..<100_000 as Range<UInt64> {
            if policy.count == 1000, let slot = policy.evict() {
                policy.insert(slot, hash: SplitMix.hash(number), size: 10, cost: 1)
            } else {
                policy.insert(UInt32(policy.count), hash: SplitMix.hash(number), size: 10, cost: 1)
            }
        }
        #expect(policy.count == 1000)
        #expect(policy.footprint <= 1000 * 16 * 5 / 4 + 1000 * 4 * 9 / 8 + 200)
        #expect(policy.checkInvariants() == [])
    }

    @Test("a call over entries that were all used much ends after 256 of them")
    func boundedSearch() {
        var policy = S3FIFO(capacity: 100_000)
        insert(0..<1000, into: &policy)
        for slot: UInt32 in 0..<1000 { for _ in 0..<3 { policy.hit(slot) } }
        // 256 moved to main; the oldest of them goes although it was used.
        #expect(policy.evict() == 0)
        #expect(policy.checkInvariants() == [])
    }

    @Test("a scan of strangers does not wash out what is used; with lru it does")
    func scan() {
        func hits(_ name: PolicyName) -> Int {
            var policy = SelectedPolicy(name, capacity: 1000)
            var slots: [UInt64: UInt32] = [:]
            var keys = [UInt64](repeating: 0, count: 101)
            var hits = 0
            var free = Array((0..<101).reversed()) as [UInt32]
            func request(_ key: UInt64) {
                if let slot = slots[key] {
                    policy.hit(slot)
                    hits += 1
                    return
                }
                let slot = free.removeLast()
                slots[key] = slot
                keys[Int(slot)] = key
                policy.insert(slot, hash: SplitMix.hash(key), size: 10, cost: 1)
                while policy.count > 100, let victim = policy.evict() {
                    slots[keys[Int(victim)]] = nil
                    free.append(victim)
                }
            }
            for round in 0..<20 as Range<UInt64> {
                for key in 0..<50 as Range<UInt64> { request(key) }
                for key in 0..<50 as Range<UInt64> { request(key) }
                for key in 0..<150 as Range<UInt64> { request(1000 + round * 150 + key) }
            }
            return hits
        }
        #expect(hits(.s3FIFO) > 1800)
        #expect(hits(.lru) == 1000)
    }
}
