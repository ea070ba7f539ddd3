import CacheModel
import Eviction

extension Shard {
    /// Removes the entry if it is the one of that id.
    mutating func remove(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, _ selection: UnsafeRawBufferPointer, entryID: UInt64,
        released: inout Released
    ) -> Bool {
        guard let (_, newest) = find(hash, key) else { return false }
        var slot = newest
        while slot != Slot.none, !slots[Int(slot)].holds(selection) { slot = slots[Int(slot)].older }
        guard slot != Slot.none, let response = slots[Int(slot)].response,
            response._withUnsafeGuaranteedRef({ StoredResponse($0).entryID }) == entryID
        else { return false }
        tellUses()
        unlink(slot)
        policy.remove(slot)
        free(slot, released: &released)
        counters.removals += 1
        return true
    }

    /// Removes every variant of the key.
    mutating func removeAll(_ hash: UInt64, _ key: UnsafeRawBufferPointer, released: inout Released) -> Int {
        guard let (place, newest) = find(hash, key) else { return 0 }
        tellUses()
        index.remove(at: place)
        var removed = 0
        var slot = newest
        while slot != Slot.none {
            let older = slots[Int(slot)].older
            policy.remove(slot)
            free(slot, released: &released)
            removed += 1
            slot = older
        }
        counters.removals += UInt64(removed)
        return removed
    }

    /// Removes the variants of the key that have been there for too long.
    mutating func removeExpired(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, now: Int64, released: inout Released
    ) {
        guard hasDeadlines, let (_, newest) = find(hash, key) else { return }
        tellUses()
        var slot = newest
        while slot != Slot.none {
            let older = slots[Int(slot)].older
            if deadlines[Int(slot)] <= now {
                unlink(slot)
                policy.remove(slot)
                free(slot, released: &released)
                counters.removals += 1
                counters.expired += 1
            }
            slot = older
        }
    }

    /// Empties the shard and hands over the slots, whose references the caller owns now.
    mutating func takeAll() -> [Slot] {
        tellUses()
        let taken = slots
        counters.removals += UInt64(entries)
        index = KeyIndex()
        slots = []
        deadlines = []
        firstFree = Slot.none
        policy = SelectedPolicy(policy.name, capacity: capacity)
        entries = 0
        weights = 0
        return taken
    }

    /// Takes the slot out of its chain, and the chain out of the index when nothing is left of it.
    mutating func unlink(_ slot: UInt32) {
        var newer = Slot.none
        let found = index.find(half: slots[Int(slot)].half) { newest in
            var before = Slot.none
            var at = newest
            while at != Slot.none {
                if at == slot {
                    newer = before
                    return true
                }
                before = at
                at = slots[Int(at)].older
            }
            return false
        }
        guard let (place, _) = found else { preconditionFailure("a stored response is not in the index") }
        let older = slots[Int(slot)].older
        if newer != Slot.none {
            slots[Int(newer)].older = older
        } else if older != Slot.none {
            index.replace(at: place, slot: older)
        } else {
            index.remove(at: place)
        }
    }

    /// Gives the slot back. It is in no chain and unknown to the policy.
    mutating func free(_ slot: UInt32, released: inout Released) {
        entries -= 1
        weights -= slots[Int(slot)].weight
        if let response = slots[Int(slot)].response { released.append(StoredResponse(response.takeRetainedValue())) }
        slots[Int(slot)] = Slot(response: nil, older: firstFree)
        firstFree = slot
    }
}
