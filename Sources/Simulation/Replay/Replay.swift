package import Eviction

/// What a policy did with a trace in a cache of one size.
package struct Outcome: Sendable, Equatable {
    package var policy: PolicyName
    /// Bytes.
    package var capacity: Int
    package var requests = 0
    package var hits = 0
    /// Bytes of all requests, and of those that hit.
    package var bytes = 0
    package var hitBytes = 0

    package init(policy: PolicyName, capacity: Int) {
        self.policy = policy
        self.capacity = capacity
    }

    /// 0...1.
    package var objectHitRatio: Double { requests == 0 ? 0 : Double(hits) / Double(requests) }
    package var byteHitRatio: Double { bytes == 0 ? 0 : Double(hitBytes) / Double(bytes) }
}

extension Trace {
    /// Plays the trace through an empty cache, in which a miss is stored at once. The first fill counts. Nothing but the
    /// objects' bytes takes room, and what is larger than the cache is not stored.
    package func replay(_ name: PolicyName, capacity: Int) -> Outcome {
        switch name {
        case .adaptive: replay(Adaptive(capacity: capacity), name, capacity)
        case .lru: replay(LRU(capacity: capacity), name, capacity)
        case .lfu: replay(LFU(capacity: capacity), name, capacity)
        case .arc: replay(ARC(capacity: capacity), name, capacity)
        case .s3FIFO: replay(S3FIFO(capacity: capacity), name, capacity)
        case .sieve: replay(Sieve(capacity: capacity), name, capacity)
        case .wTinyLFU: replay(WTinyLFU(capacity: capacity), name, capacity)
        case .gdsf: replay(GDSF(capacity: capacity), name, capacity)
        }
    }

    private func replay(_ policy: consuming some EvictionPolicy, _ name: PolicyName, _ capacity: Int) -> Outcome {
        var outcome = Outcome(policy: name, capacity: capacity)
        var slots = [UInt32](repeating: .max, count: sizes.count)
        var objects: [UInt32] = []
        var free: [UInt32] = []
        var used = 0
        for request in requests {
            let object = Int(request)
            let size = sizes[object]
            outcome.bytes += size
            if slots[object] != .max {
                policy.hit(slots[object])
                outcome.hits += 1
                outcome.hitBytes += size
                continue
            }
            guard size <= capacity else { continue }
            let slot = free.popLast() ?? UInt32(objects.count)
            if slot == objects.count { objects.append(request) } else { objects[Int(slot)] = request }
            slots[object] = slot
            used += size
            // Policies count an entry's bytes in 32 bits: larger objects are 4 GB to them.
            policy.insert(slot, hash: hashes[object], size: UInt32(clamping: size), cost: 1)
            while used > capacity, let victim = policy.evict() {
                let evicted = Int(objects[Int(victim)])
                slots[evicted] = .max
                used -= sizes[evicted]
                free.append(victim)
            }
        }
        outcome.requests = requests.count
        return outcome
    }
}
