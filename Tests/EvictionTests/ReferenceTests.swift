import TestSupport
import Eviction
import Testing

/// The real policies and the models, given the same calls, name the same victims.
@Suite struct ReferenceTests {
    struct Load: Sendable, CustomTestStringConvertible {
        var name: String
        var capacity: Int
        var keys: UInt64
        var sizes: [UInt32]
        var testDescription: String { name }
    }

    static let loads = [
        Load(name: "equal sizes", capacity: 5_000, keys: 200, sizes: [100]),
        Load(name: "mixed sizes", capacity: 50_000, keys: 400, sizes: [1, 10, 100, 1000, 3000]),
        Load(name: "objects above the small queue's share", capacity: 10_000, keys: 60, sizes: [10, 2000, 5000]),
        Load(name: "one entry fits", capacity: 100, keys: 10, sizes: [60, 100]),
        Load(name: "more entries than one search passes", capacity: 100_000, keys: 2500, sizes: [100, 120]),
        Load(name: "empty objects", capacity: 1000, keys: 50, sizes: [0, 100]),
    ]

    @Test("lru does what its model does", arguments: loads, [1, 2, 3] as [UInt64])
    func lru(load: Load, seed: UInt64) { compare(LRU(capacity: load.capacity), ModelLRU.self, load, seed) }

    @Test("s3-fifo does what its model does", arguments: loads, [1, 2, 3] as [UInt64])
    func s3FIFO(load: Load, seed: UInt64) { compare(S3FIFO(capacity: load.capacity), ModelS3FIFO.self, load, seed) }

    @Test("lfu does what its model does", arguments: loads, [1, 2, 3] as [UInt64])
    func lfu(load: Load, seed: UInt64) { compare(LFU(capacity: load.capacity), ModelLFU.self, load, seed) }

    /// Without equal sizes: there ranks are often equal, and any of them may go.
    @Test("gdsf does what its model does", arguments: loads.filter { $0.sizes.count > 1 }, [1, 2, 3] as [UInt64])
    func gdsf(load: Load, seed: UInt64) { compare(GDSF(capacity: load.capacity), ModelGDSF.self, load, seed) }

    @Test("sieve does what its model does", arguments: loads, [1, 2, 3] as [UInt64])
    func sieve(load: Load, seed: UInt64) { compare(Sieve(capacity: load.capacity), ModelSieve.self, load, seed) }

    @Test("arc does what its model does", arguments: loads, [1, 2, 3] as [UInt64])
    func arc(load: Load, seed: UInt64) { compare(ARC(capacity: load.capacity), ModelARC.self, load, seed) }

    @Test("w-tinylfu does what its model does", arguments: loads, [1, 2, 3] as [UInt64])
    func wTinyLFU(load: Load, seed: UInt64) {
        compare(WTinyLFU(capacity: load.capacity), ModelWTinyLFU.self, load, seed)
    }

    /// With many sizes: `incumbents` orders by size and uses alone, and of two that are equal any may go.
    @Test(
        "adaptive does what its model does", arguments: loads.filter { $0.keys > 50 && $0.sizes.count > 1 }, [1, 2, 3])
    func adaptive(load: Load, seed: UInt64) {
        compare(Adaptive(capacity: load.capacity), ModelAdaptive.self, load, seed)
    }

    @Test("adaptive does what its model does when another ranking leads: a loop, then what is asked for at random")
    func leaders() {
        var store = Store(policy: Adaptive(capacity: 20_000), model: ModelAdaptive(capacity: 20_000), capacity: 20_000)
        var random = SplitMix(state: 1)
        for step in 0..<16_000 as Range<UInt64> {
            let key = step < 8000 ? step % 400 : 1000 + random.next() % (1 + random.next() % 400)
            store.request(key, size: 50 + UInt32(SplitMix.hash(key) % 400))
            if step % 997 == 0 { #expect(store.policy.checkInvariants() == []) }
        }
        #expect(store.disagreements == 0)
        #expect(store.model.leaderChanges >= 2)
    }

    @Test("the books of every policy are right at any time", arguments: PolicyName.allCases, loads)
    func books(name: PolicyName, load: Load) {
        compare(Checked(policy: SelectedPolicy(name, capacity: load.capacity)), Echo.self, load, 7)
    }

    private func compare<Model: ModelPolicy>(
        _ policy: some EvictionPolicy, _: Model.Type, _ load: Load, _ seed: UInt64
    ) {
        var store = Store(policy: policy, model: Model(capacity: load.capacity), capacity: load.capacity)
        var random = SplitMix(state: seed)
        for step in 0..<6000 {
            // Half of all requests go to a tenth of the keys.
            let key = random.next() % 2 == 0 ? random.next() % max(1, load.keys / 10) : random.next() % load.keys
            let size = load.sizes[Int(random.next() % UInt64(load.sizes.count))]
            switch random.next() % 20 {
            case 0: store.remove(key)
            case 1: store.update(key, size: size)
            default: store.request(key, size: size)
            }
            if step % 97 == 0 { #expect(store.policy.checkInvariants() == []) }
        }
        #expect(store.disagreements == 0)
        #expect(store.evictions > 100)
        #expect(store.policy.count == store.slots.count)
        store.empty()
        #expect(store.disagreements == 0)
        #expect(store.policy.count == 0)
        #expect(store.policy.checkInvariants() == [])
    }
}

/// A model without an opinion.
private struct Echo: ModelPolicy {
    init(capacity: Int) {}
    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {}
    mutating func hit(_ slot: UInt32) {}
    mutating func update(_ slot: UInt32, size: UInt32) {}
    mutating func remove(_ slot: UInt32) {}
    mutating func evict() -> UInt32? { nil }
}

/// A policy under test whose victims nobody disputes: it checks itself, and that each is an entry.
private struct Checked: EvictionPolicy {
    var policy: SelectedPolicy

    init(policy: SelectedPolicy) { self.policy = policy }
    init(capacity: Int) { policy = SelectedPolicy(.adaptive, capacity: capacity) }

    var count: Int { policy.count }
    var footprint: Int { policy.footprint }
    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        policy.insert(slot, hash: hash, size: size, cost: cost)
    }
    mutating func hit(_ slot: UInt32) { policy.hit(slot) }
    mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) { policy.update(slot, size: size, cost: cost) }
    mutating func remove(_ slot: UInt32) { policy.remove(slot) }
    mutating func evict() -> UInt32? { policy.evict() }
    func checkInvariants() -> [String] { policy.checkInvariants() }
}

/// A store as small as can be, which asks a policy and a model at once.
private struct Store<Policy: EvictionPolicy, Model: ModelPolicy> {
    var policy: Policy
    var model: Model
    let capacity: Int
    var slots: [UInt64: UInt32] = [:]
    private var sizes: [UInt32: UInt32] = [:]
    private var free: [UInt32] = []
    private var next: UInt32 = 0
    private var bytes = 0
    private(set) var disagreements = 0
    private(set) var evictions = 0

    init(policy: Policy, model: Model, capacity: Int) {
        self.policy = policy
        self.model = model
        self.capacity = capacity
    }

    mutating func request(_ key: UInt64, size: UInt32) {
        if let slot = slots[key] {
            policy.hit(slot)
            model.hit(slot)
            return
        }
        let slot = free.popLast() ?? next
        next = max(next, slot + 1)
        slots[key] = slot
        sizes[slot] = size
        bytes += Int(size)
        policy.insert(slot, hash: SplitMix.hash(key), size: size, cost: 1)
        model.insert(slot, hash: SplitMix.hash(key), size: size)
        while bytes > capacity, evict() { evictions += 1 }
    }

    mutating func update(_ key: UInt64, size: UInt32) {
        guard let slot = slots[key], let old = sizes[slot] else { return }
        bytes += Int(size) - Int(old)
        sizes[slot] = size
        policy.update(slot, size: size, cost: 1)
        model.update(slot, size: size)
        while bytes > capacity, evict() { evictions += 1 }
    }

    mutating func remove(_ key: UInt64) {
        guard let slot = slots.removeValue(forKey: key) else { return }
        policy.remove(slot)
        model.remove(slot)
        release(slot)
    }

    mutating func empty() { while evict() {} }

    private mutating func evict() -> Bool {
        let victim = policy.evict()
        if !(model is Echo), victim != model.evict() { disagreements += 1 }
        guard let victim else { return false }
        guard let key = slots.first(where: { $0.value == victim })?.key else {
            disagreements += 1
            return false
        }
        slots[key] = nil
        release(victim)
        return true
    }

    private mutating func release(_ slot: UInt32) {
        bytes -= Int(sizes.removeValue(forKey: slot) ?? 0)
        free.append(slot)
    }
}
