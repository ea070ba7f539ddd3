import CacheModel
import Eviction

extension MemoryTier {
    /// For tests: what is wrong with the tier's books, empty when nothing is. Holds each shard's lock for O(n).
    package func checkInvariants() -> [String] {
        (0..<shardCount).flatMap { number in
            withShard(number) { shard in
                shard.tellUses()
                let strays = shard.keys { key, half in
                    let hash = hash(key)
                    // Tests forge hashes: what was put in under another one says nothing of shards.
                    return KeyIndex.half(hash) == half && shardNumber(of: hash) != number
                }
                return (shard.checkInvariants() + (strays > 0 ? ["\(strays) keys of another shard"] : []))
                    .map { "shard \(number): \($0)" }
            }
        }
    }
}

extension Shard {
    func checkInvariants() -> [String] {
        var faults = policy.checkInvariants()
        let used = slots.filter { $0.response != nil }
        if used.count != entries { faults.append("\(used.count) slots are used, \(entries) are counted") }
        let sum = used.reduce(0) { $0 + $1.weight }
        if sum != weights { faults.append("entries weigh \(sum), \(weights) are counted") }
        if bytes > capacity { faults.append("\(bytes) bytes, capacity \(capacity)") }
        if policy.count != entries { faults.append("the policy knows \(policy.count) of \(entries) entries") }
        if index.contents.count != index.count { faults.append("the index miscounts its places") }
        if index.capacity > 16, index.count * 4 > index.capacity * 3 { faults.append("the index is too full") }
        if freeSlots() != slots.count - entries { faults.append("free slots are lost") }
        return faults + checkChains()
    }

    /// How many of the keys are so.
    func keys(_ isSo: (UnsafeRawBufferPointer, UInt32) -> Bool) -> Int {
        index.contents.count { half, newest in
            slots[Int(newest)].response.map { isSo($0.takeUnretainedValue().key, half) } ?? false
        }
    }

    private func freeSlots() -> Int {
        var free = 0
        var slot = firstFree
        while slot != Slot.none, free <= slots.count {
            free += 1
            slot = slots[Int(slot)].older
        }
        return free
    }

    /// Every chain has one key and each selection once, is found by its key, and all chains together are all entries.
    private func checkChains() -> [String] {
        var faults: [String] = []
        var reached = 0
        for (_, newest) in index.contents {
            guard let head = slots[Int(newest)].response?.takeUnretainedValue() else {
                faults.append("the index points at free slot \(newest)")
                continue
            }
            let hash = UInt64(slots[Int(newest)].half)
            if find(hash, head.key)?.slot != newest { faults.append("a key is not found, or is found elsewhere") }
            let chain = variants(hash, head.key)
            reached += chain.count
            if chain.count > MemoryTier.maxVariants { faults.append("\(chain.count) variants") }
            if chain.contains(where: { !$0.key.sameBytes(as: head.key) }) { faults.append("two keys in a chain") }
            if Set(chain.map { Array($0.selection) }).count != chain.count { faults.append("a selection twice") }
        }
        if reached != entries { faults.append("chains reach \(reached) of \(entries) entries") }
        return faults
    }
}
