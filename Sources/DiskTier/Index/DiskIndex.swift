internal import Synchronization

/// digest → place, in memory, in shards with a lock each that is held for a look or a change and never over a call to
/// the disk. Any thread.
final class DiskIndex: Sendable {
    /// So many that the growth of one, under its lock, is short also with millions of records.
    static let shardBits: UInt64 = 8
    static let shardCount = 1 << Int(shardBits)

    private final class Shard: Sendable {
        let table: Mutex<IndexTable>
        init(_ smallest: Int) { table = Mutex(IndexTable(smallest: smallest)) }
    }

    private let shards = (0..<shardCount).map { Shard(smallest($0)) }

    /// A page of memory, and up to half more.
    private static func smallest(_ number: Int) -> Int { 170 + 85 * number / shardCount }

    private func shard(_ digest: UInt64) -> Shard { shards[Int(digest >> (64 - Self.shardBits))] }

    subscript(digest: UInt64) -> IndexSlot? { shard(digest).table.withLock { $0[digest] } }

    @discardableResult
    func insert(_ slot: IndexSlot) -> IndexSlot? { shard(slot.digest).table.withLock { $0.insert(slot) } }

    @discardableResult
    func remove(_ digest: UInt64) -> IndexSlot? { shard(digest).table.withLock { $0.remove(digest) } }

    /// Removes the record if it still is where it was.
    @discardableResult
    func remove(_ digest: UInt64, at place: Place) -> Bool {
        shard(digest).table.withLock { $0[digest]?.place == place && $0.remove(digest) != nil }
    }

    func markHit(_ digest: UInt64, at place: Place) { shard(digest).table.withLock { $0.markHit(digest, at: place) } }

    /// Up to `limit` slots from a place on, and the place after them; nil: that was the last.
    func page(cursor: UInt64, limit: Int) -> (slots: [IndexSlot], next: UInt64?) {
        var number = Int(cursor >> 40)
        var from = Int(cursor & 0xff_ffff_ffff)
        while number < shards.count {
            let (slots, next) = shards[number].table.withLock { $0.page(from: from, limit: limit) }
            if next == nil { number += 1 }
            from = next ?? 0
            if !slots.isEmpty || next != nil {
                return (slots, number < shards.count ? UInt64(number) << 40 | UInt64(from) : nil)
            }
        }
        return ([], nil)
    }

    /// Every record of a segment; walks the whole index.
    func all(in segment: UInt32) -> [IndexSlot] {
        shards.flatMap { shard in shard.table.withLock { $0.all(in: segment) } }
    }

    /// Every record of one shard.
    func all(inShard number: Int) -> [IndexSlot] { shards[number].table.withLock { $0.all() } }

    /// Puts in what is one shard's and comes from elsewhere; what is another's is left out.
    func load(_ slots: [IndexSlot], inShard number: Int) {
        shards[number].table.withLock { table in
            table.reserve(slots.count)
            for slot in slots where Int(slot.digest >> (64 - Self.shardBits)) == number { _ = table.insert(slot) }
        }
    }

    func removeAll() {
        for (number, shard) in shards.enumerated() {
            shard.table.withLock { $0 = IndexTable(smallest: Self.smallest(number)) }
        }
    }

    var count: Int { shards.reduce(0) { sum, shard in sum + shard.table.withLock { $0.count } } }
    /// Bytes held.
    var footprint: Int { shards.reduce(0) { sum, shard in sum + shard.table.withLock { $0.footprint } } }
}
