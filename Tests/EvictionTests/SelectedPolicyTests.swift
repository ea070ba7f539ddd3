import TestSupport
import Eviction
import Testing

@Suite struct SelectedPolicyTests {
    @Test("the names are those of proxy.conf")
    func names() {
        #expect(
            PolicyName.allCases.map(\.rawValue) == [
                "adaptive", "lru", "lfu", "arc", "s3-fifo", "sieve", "w-tinylfu", "gdsf",
            ])
        #expect(PolicyName(rawValue: "random") == nil)
    }

    @Test("every call reaches the policy that was chosen", arguments: PolicyName.allCases)
    func forwards(name: PolicyName) {
        var policy = SelectedPolicy(name, capacity: 100)
        #expect(policy.name == name)
        #expect(policy.evict() == nil)
        for slot: UInt32 in 0..<4 { policy.insert(slot, hash: SplitMix.hash(UInt64(slot)), size: 10, cost: 1) }
        #expect(policy.count == 4)
        #expect(policy.footprint > 0)
        policy.remove(1)
        policy.hit(0)
        policy.update(0, size: 20, cost: 1)
        #expect(policy.count == 3)
        #expect(policy.checkInvariants() == [])
        // All begin with 2, the oldest that was not used.
        let victims = (0..<3).map { _ in policy.evict() }
        #expect(victims.first == 2)
        #expect(Set(victims) == [0, 2, 3])
        #expect(policy.evict() == nil)
    }

    @Test("a slot may come back after each way out", arguments: PolicyName.allCases)
    func reused(name: PolicyName) {
        var policy = SelectedPolicy(name, capacity: 100)
        for round in 0..<50 as Range<UInt64> {
            policy.insert(0, hash: SplitMix.hash(round), size: 10, cost: 1)
            if round % 2 == 0 { policy.remove(0) } else { #expect(policy.evict() == 0) }
            #expect(policy.count == 0)
            #expect(policy.checkInvariants() == [])
        }
    }
}
