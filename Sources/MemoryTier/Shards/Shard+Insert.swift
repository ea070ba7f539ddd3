import CacheModel
import Eviction
import Invalidation

extension Shard {
    mutating func insert(
        _ response: StoredResponse, _ hash: UInt64, cost: UInt32, deadline: Int64, released: inout Released
    ) -> MemoryTier.Insertion {
        tellUses()
        let weight = response.weight
        guard response.bodyInMemory <= maxObject, weight <= capacity - structure else {
            counters.tooLarge += 1
            return .tooLarge
        }
        if let (place, newest) = find(hash, response.key) {
            let chain = walk(newest, selection: response.selection)
            if let (same, newer) = chain.same {
                guard !slots[Int(same)].isAhead(of: response) else { return .superseded }
                replace(same, by: response, UInt32(weight), cost: cost, released: &released)
                if hasDeadlines { deadlines[Int(same)] = deadline }
                if same != newest {
                    slots[Int(newer)].older = slots[Int(same)].older
                    slots[Int(same)].older = newest
                    index.replace(at: place, slot: same)
                }
            } else {
                if chain.length == MemoryTier.maxVariants {
                    slots[Int(chain.beforeLast)].older = Slot.none
                    policy.remove(chain.last)
                    free(chain.last, released: &released)
                    counters.droppedVariants += 1
                    counters.evictions += 1
                }
                let slot = add(response, hash, UInt32(weight), cost: cost, deadline: deadline, older: newest)
                index.replace(at: place, slot: slot)
            }
        } else {
            let slot = add(response, hash, UInt32(weight), cost: cost, deadline: deadline, older: Slot.none)
            index.insert(hash, slot: slot)
        }
        counters.writes += 1
        evictAboveCapacity(released: &released)
        return .stored
    }

    private struct Chain {
        /// The entry of the selection, and the one before it (newer), if it has one.
        var same: (slot: UInt32, newer: UInt32)?
        var length = 0
        var last = Slot.none
        var beforeLast = Slot.none
    }

    private func walk(_ newest: UInt32, selection: UnsafeRawBufferPointer) -> Chain {
        var chain = Chain()
        var slot = newest
        while slot != Slot.none {
            chain.beforeLast = chain.last
            chain.last = slot
            chain.length += 1
            if slots[Int(slot)].holds(selection) {
                chain.same = (slot, chain.beforeLast)
                break
            }
            slot = slots[Int(slot)].older
        }
        return chain
    }

    private mutating func add(
        _ response: StoredResponse, _ hash: UInt64, _ weight: UInt32, cost: UInt32, deadline: Int64, older: UInt32
    ) -> UInt32 {
        let slot = takeFreeSlot()
        if hasDeadlines { deadlines[Int(slot)] = deadline }
        slots[Int(slot)] = Slot(
            response: Unmanaged.passRetained(response.block), half: KeyIndex.half(hash), older: older)
        entries += 1
        weights += Int(weight)
        policy.insert(slot, hash: hash ^ response.selectionMark, size: weight, cost: cost)
        return slot
    }

    private mutating func replace(
        _ slot: UInt32, by response: StoredResponse, _ weight: UInt32, cost: UInt32, released: inout Released
    ) {
        weights += Int(weight) - slots[Int(slot)].weight
        if let old = slots[Int(slot)].response { released.append(StoredResponse(old.takeRetainedValue())) }
        slots[Int(slot)].response = Unmanaged.passRetained(response.block)
        policy.update(slot, size: weight, cost: cost)
    }

    private mutating func takeFreeSlot() -> UInt32 {
        if firstFree != Slot.none {
            let slot = firstFree
            firstFree = slots[Int(slot)].older
            return slot
        }
        // By a sixteenth, not to the double: what free slots take is taken from the entries.
        if slots.count == slots.capacity { slots.reserveCapacity(max(64, slots.count + slots.count / 16)) }
        slots.append(Slot())
        if hasDeadlines {
            deadlines.reserveCapacity(slots.capacity)
            deadlines.append(.max)
        }
        return UInt32(slots.count - 1)
    }

    private mutating func evictAboveCapacity(released: inout Released) {
        while bytes > capacity, let victim = policy.evict() {
            unlink(victim)
            free(victim, released: &released)
            counters.evictions += 1
        }
    }
}

extension Slot {
    func holds(_ selection: UnsafeRawBufferPointer) -> Bool {
        response?._withUnsafeGuaranteedRef { $0.selection.sameBytes(as: selection) } ?? false
    }

    /// Bytes that the response is counted with.
    var weight: Int { response?._withUnsafeGuaranteedRef { StoredResponse($0).weight } ?? 0 }

    /// Whether what is stored is newer by the log than what comes (invalidation.md rule 7).
    func isAhead(of coming: StoredResponse) -> Bool {
        guard let stored = response?._withUnsafeGuaranteedRef({ $0.meta.asOf }) else { return false }
        let asOf = coming.meta.asOf
        return stored.epoch == asOf.epoch && stored.n > asOf.n
    }
}

extension StoredResponse {
    /// Makes a policy tell the variants of one key apart. Not for finding anything.
    var selectionMark: UInt64 {
        var mark: UInt64 = 0
        for byte in selection { mark = (mark ^ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15 }
        return mark
    }
}
