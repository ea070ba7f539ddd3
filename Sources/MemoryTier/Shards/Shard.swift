import CacheModel
import Eviction
import Glibc

/// One part of the store; everything in it is touched under its lock only.
struct Shard {
    var index = KeyIndex()
    var slots: [Slot] = []
    var firstFree = Slot.none
    /// By slot, the second from which an entry is too old; empty where there is no cap.
    var deadlines: [Int64] = []
    let hasDeadlines: Bool
    /// Told of all uses but those in `uses`: ask it after `tellUses`.
    var policy: SelectedPolicy
    var uses = UseBatch()
    let capacity: Int
    let maxObject: Int
    /// Responses stored, and the sum of their weights.
    var entries = 0
    var weights = 0
    var counters = Counters()

    struct Counters {
        var hits: UInt64 = 0
        var misses: UInt64 = 0
        var writes: UInt64 = 0
        var evictions: UInt64 = 0
        var removals: UInt64 = 0
        var tooLarge: UInt64 = 0
        var droppedVariants: UInt64 = 0
        var expired: UInt64 = 0
    }

    init(capacity: Int, policy: PolicyName, maxObject: Int, hasDeadlines: Bool = false) {
        self.capacity = capacity
        self.hasDeadlines = hasDeadlines
        self.maxObject = maxObject
        self.policy = SelectedPolicy(policy, capacity: capacity)
    }

    /// Bytes of the arrays around the responses. They grow with the greatest number of entries there was and are given
    /// back only when the shard is emptied; even with entries of no body they stay below a third of the capacity.
    var structure: Int {
        slots.capacity * MemoryLayout<Slot>.stride + deadlines.capacity * 8 + index.footprint + policy.footprint
    }

    /// Bytes in all, what the budget is compared with.
    var bytes: Int { weights + structure }

    /// The newest stored response of the key, and the index place of its chain.
    @inline(__always)
    func find(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> (place: Int, slot: UInt32)? {
        index.find(half: KeyIndex.half(hash)) { slot in
            guard let response = slots[Int(slot)].response else { return false }
            return response._withUnsafeGuaranteedRef { $0.key.sameBytes(as: key) }
        }
    }

    mutating func lookup(_ hash: UInt64, _ key: UnsafeRawBufferPointer, counts: Bool) -> StoredResponse? {
        guard let (_, slot) = find(hash, key) else {
            if counts { counters.misses += 1 }
            return nil
        }
        if counts, uses.append(slot) { tellUses() }
        return (slots[Int(slot)].response?.takeUnretainedValue()).map { StoredResponse($0) }
    }

    /// Tells the policy of the uses since the last time. Slots are freed after this only.
    @inline(never)
    mutating func tellUses() {
        if uses.isEmpty { return }
        let told = uses.take().forAll { policy.hit(all: $0) }
        counters.hits += UInt64(told)
    }

    func variants(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> [StoredResponse] {
        guard let (_, newest) = find(hash, key) else { return [] }
        var found: [StoredResponse] = []
        var slot = newest
        while slot != Slot.none {
            if let response = slots[Int(slot)].response { found.append(StoredResponse(response.takeUnretainedValue())) }
            slot = slots[Int(slot)].older
        }
        return found
    }

    mutating func recordUse(_ hash: UInt64, of response: StoredResponse) {
        guard let (_, newest) = find(hash, response.key) else { return }
        var slot = newest
        while slot != Slot.none {
            if slots[Int(slot)].response?.toOpaque() == Unmanaged.passUnretained(response.block).toOpaque() {
                tellUses()
                return policy.hit(slot)
            }
            slot = slots[Int(slot)].older
        }
    }
}

extension UnsafeRawBufferPointer {
    /// All at once, unlike `elementsEqual`.
    @inline(__always)
    package func sameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let a = baseAddress, let b = other.baseAddress else { return true }
        return memcmp(a, b, count) == 0
    }
}
