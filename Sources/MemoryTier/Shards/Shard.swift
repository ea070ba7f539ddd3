import CacheModel
import Eviction
import Glibc

/// One part of the store; everything in it is touched under its lock only.
struct Shard {
    var index = KeyIndex()
    var slots: [Slot] = []
    var firstFree = Slot.none
    var policy: SelectedPolicy
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
    }

    init(capacity: Int, policy: PolicyName, maxObject: Int) {
        self.capacity = capacity
        self.maxObject = maxObject
        self.policy = SelectedPolicy(policy, capacity: capacity)
    }

    /// Bytes of the arrays around the responses.
    var structure: Int {
        slots.capacity * MemoryLayout<Slot>.stride + index.footprint + policy.footprint
    }

    /// Bytes in all, what the budget is compared with.
    var bytes: Int { weights + structure }

    /// The newest stored response of the key, and the index place of its chain.
    @inline(__always)
    func find(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> (place: Int, slot: UInt32)? {
        index.find(hash) { slot in
            let slot = slots[Int(slot)]
            guard slot.hash == hash, let response = slot.response else { return false }
            return response._withUnsafeGuaranteedRef { $0.key.sameBytes(as: key) }
        }
    }

    mutating func lookup(_ hash: UInt64, _ key: UnsafeRawBufferPointer, counts: Bool) -> StoredResponse? {
        guard let (_, slot) = find(hash, key) else {
            if counts { counters.misses += 1 }
            return nil
        }
        if counts {
            counters.hits += 1
            policy.hit(slot)
        }
        return slots[Int(slot)].response?.takeUnretainedValue()
    }

    func variants(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> [StoredResponse] {
        guard let (_, newest) = find(hash, key) else { return [] }
        var found: [StoredResponse] = []
        var slot = newest
        while slot != Slot.none {
            if let response = slots[Int(slot)].response { found.append(response.takeUnretainedValue()) }
            slot = slots[Int(slot)].older
        }
        return found
    }

    mutating func recordUse(_ hash: UInt64, of response: StoredResponse) {
        guard let (_, newest) = find(hash, response.key) else { return }
        var slot = newest
        while slot != Slot.none {
            if slots[Int(slot)].response?.toOpaque() == Unmanaged.passUnretained(response).toOpaque() {
                return policy.hit(slot)
            }
            slot = slots[Int(slot)].older
        }
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    func sameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let a = baseAddress, let b = other.baseAddress else { return true }
        return memcmp(a, b, count) == 0
    }
}
