/// The policy that was chosen by name at the start, by value: no box and no call through a witness table on a hit.
///
/// One optional for each policy rather than an enum with payloads, because a payload can't be changed in place: taking
/// it out and putting it back would cost a copy of its arrays or a move of all its fields on each hit.
package struct SelectedPolicy: Sendable {
    package let name: PolicyName
    private var lru: LRU?
    private var s3FIFO: S3FIFO?

    package init(_ name: PolicyName, capacity: Int) {
        self.name = name
        switch name {
        case .lru: lru = LRU(capacity: capacity)
        case .s3FIFO: s3FIFO = S3FIFO(capacity: capacity)
        }
    }

    package var count: Int { lru?.count ?? s3FIFO?.count ?? 0 }
    package var footprint: Int { lru?.footprint ?? s3FIFO?.footprint ?? 0 }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        switch name {
        case .lru: lru?.insert(slot, hash: hash, size: size, cost: cost)
        case .s3FIFO: s3FIFO?.insert(slot, hash: hash, size: size, cost: cost)
        }
    }

    package mutating func hit(_ slot: UInt32) {
        switch name {
        case .lru: lru?.hit(slot)
        case .s3FIFO: s3FIFO?.hit(slot)
        }
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        switch name {
        case .lru: lru?.update(slot, size: size, cost: cost)
        case .s3FIFO: s3FIFO?.update(slot, size: size, cost: cost)
        }
    }

    package mutating func remove(_ slot: UInt32) {
        switch name {
        case .lru: lru?.remove(slot)
        case .s3FIFO: s3FIFO?.remove(slot)
        }
    }

    package mutating func evict() -> UInt32? {
        switch name {
        case .lru: lru?.evict()
        case .s3FIFO: s3FIFO?.evict()
        }
    }

    package func checkInvariants() -> [String] { lru?.checkInvariants() ?? s3FIFO?.checkInvariants() ?? [] }
}
