/// The policy that was chosen by name at the start, by value: no box and no call through a witness table on a hit.
///
/// One optional for each policy rather than an enum with payloads, because a payload can't be changed in place: taking
/// it out and putting it back would cost a copy of its arrays or a move of all its fields on each hit.
package struct SelectedPolicy: Sendable {
    package let name: PolicyName
    private var adaptive: Adaptive?
    private var lru: LRU?
    private var lfu: LFU?
    private var arc: ARC?
    private var s3FIFO: S3FIFO?
    private var sieve: Sieve?
    private var wTinyLFU: WTinyLFU?
    private var gdsf: GDSF?

    package init(_ name: PolicyName, capacity: Int) {
        self.name = name
        switch name {
        case .adaptive: adaptive = Adaptive(capacity: capacity)
        case .lru: lru = LRU(capacity: capacity)
        case .lfu: lfu = LFU(capacity: capacity)
        case .arc: arc = ARC(capacity: capacity)
        case .s3FIFO: s3FIFO = S3FIFO(capacity: capacity)
        case .sieve: sieve = Sieve(capacity: capacity)
        case .wTinyLFU: wTinyLFU = WTinyLFU(capacity: capacity)
        case .gdsf: gdsf = GDSF(capacity: capacity)
        }
    }

    package var count: Int {
        switch name {
        case .adaptive: adaptive?.count ?? 0
        case .lru: lru?.count ?? 0
        case .lfu: lfu?.count ?? 0
        case .arc: arc?.count ?? 0
        case .s3FIFO: s3FIFO?.count ?? 0
        case .sieve: sieve?.count ?? 0
        case .wTinyLFU: wTinyLFU?.count ?? 0
        case .gdsf: gdsf?.count ?? 0
        }
    }

    package var footprint: Int {
        switch name {
        case .adaptive: adaptive?.footprint ?? 0
        case .lru: lru?.footprint ?? 0
        case .lfu: lfu?.footprint ?? 0
        case .arc: arc?.footprint ?? 0
        case .s3FIFO: s3FIFO?.footprint ?? 0
        case .sieve: sieve?.footprint ?? 0
        case .wTinyLFU: wTinyLFU?.footprint ?? 0
        case .gdsf: gdsf?.footprint ?? 0
        }
    }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        switch name {
        case .adaptive: adaptive?.insert(slot, hash: hash, size: size, cost: cost)
        case .lru: lru?.insert(slot, hash: hash, size: size, cost: cost)
        case .lfu: lfu?.insert(slot, hash: hash, size: size, cost: cost)
        case .arc: arc?.insert(slot, hash: hash, size: size, cost: cost)
        case .s3FIFO: s3FIFO?.insert(slot, hash: hash, size: size, cost: cost)
        case .sieve: sieve?.insert(slot, hash: hash, size: size, cost: cost)
        case .wTinyLFU: wTinyLFU?.insert(slot, hash: hash, size: size, cost: cost)
        case .gdsf: gdsf?.insert(slot, hash: hash, size: size, cost: cost)
        }
    }

    package mutating func hit(_ slot: UInt32) {
        switch name {
        case .adaptive: adaptive?.hit(slot)
        case .lru: lru?.hit(slot)
        case .lfu: lfu?.hit(slot)
        case .arc: arc?.hit(slot)
        case .s3FIFO: s3FIFO?.hit(slot)
        case .sieve: sieve?.hit(slot)
        case .wTinyLFU: wTinyLFU?.hit(slot)
        case .gdsf: gdsf?.hit(slot)
        }
    }

    package mutating func hit(all slots: UnsafeBufferPointer<UInt32>) {
        switch name {
        case .adaptive: adaptive?.hit(all: slots)
        case .lru: lru?.hit(all: slots)
        case .lfu: lfu?.hit(all: slots)
        case .arc: arc?.hit(all: slots)
        case .s3FIFO: s3FIFO?.hit(all: slots)
        case .sieve: sieve?.hit(all: slots)
        case .wTinyLFU: wTinyLFU?.hit(all: slots)
        case .gdsf: gdsf?.hit(all: slots)
        }
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        switch name {
        case .adaptive: adaptive?.update(slot, size: size, cost: cost)
        case .lru: lru?.update(slot, size: size, cost: cost)
        case .lfu: lfu?.update(slot, size: size, cost: cost)
        case .arc: arc?.update(slot, size: size, cost: cost)
        case .s3FIFO: s3FIFO?.update(slot, size: size, cost: cost)
        case .sieve: sieve?.update(slot, size: size, cost: cost)
        case .wTinyLFU: wTinyLFU?.update(slot, size: size, cost: cost)
        case .gdsf: gdsf?.update(slot, size: size, cost: cost)
        }
    }

    package mutating func remove(_ slot: UInt32) {
        switch name {
        case .adaptive: adaptive?.remove(slot)
        case .lru: lru?.remove(slot)
        case .lfu: lfu?.remove(slot)
        case .arc: arc?.remove(slot)
        case .s3FIFO: s3FIFO?.remove(slot)
        case .sieve: sieve?.remove(slot)
        case .wTinyLFU: wTinyLFU?.remove(slot)
        case .gdsf: gdsf?.remove(slot)
        }
    }

    package mutating func evict() -> UInt32? {
        switch name {
        case .adaptive: adaptive?.evict()
        case .lru: lru?.evict()
        case .lfu: lfu?.evict()
        case .arc: arc?.evict()
        case .s3FIFO: s3FIFO?.evict()
        case .sieve: sieve?.evict()
        case .wTinyLFU: wTinyLFU?.evict()
        case .gdsf: gdsf?.evict()
        }
    }

    package func checkInvariants() -> [String] {
        switch name {
        case .adaptive: adaptive?.checkInvariants() ?? []
        case .lru: lru?.checkInvariants() ?? []
        case .lfu: lfu?.checkInvariants() ?? []
        case .arc: arc?.checkInvariants() ?? []
        case .s3FIFO: s3FIFO?.checkInvariants() ?? []
        case .sieve: sieve?.checkInvariants() ?? []
        case .wTinyLFU: wTinyLFU?.checkInvariants() ?? []
        case .gdsf: gdsf?.checkInvariants() ?? []
        }
    }
}
