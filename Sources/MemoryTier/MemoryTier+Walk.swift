package import CacheModel

extension MemoryTier {
    /// Slots looked at with a lock held.
    private static let slotsPerLock = 512

    /// A walk over all entries, a page a call: begin with cursor 0 and go on with `next` until it is nil. An entry that
    /// is there during the whole walk comes up once; one that is stored or removed meanwhile may come up or not. Any
    /// number is a safe cursor.
    /// - Parameter limit: entries a page, at least 1 is given where there are any.
    package func page(cursor: UInt64, limit: Int) -> (entries: [StoredResponse], next: UInt64?) {
        var found: [StoredResponse] = []
        var cursor = Cursor(cursor)
        while cursor.shard < shardCount {
            let ended = withShard(cursor.shard) { shard in
                let end = min(shard.slots.count, cursor.slot + Self.slotsPerLock)
                while cursor.slot < end, found.count < max(1, limit) {
                    if let response = shard.slots[cursor.slot].response {
                        found.append(StoredResponse(response.takeUnretainedValue()))
                    }
                    cursor.slot += 1
                }
                return cursor.slot >= shard.slots.count
            }
            if ended { cursor = Cursor(shard: cursor.shard + 1, slot: 0) }
            if found.count >= max(1, limit) { break }
        }
        return (found, cursor.shard < shardCount ? cursor.packed : nil)
    }

    /// | shard 32 | slot 32 |
    private struct Cursor {
        var shard: Int
        var slot: Int

        init(shard: Int, slot: Int) {
            self.shard = shard
            self.slot = slot
        }

        init(_ packed: UInt64) {
            shard = Int(packed >> 32)
            slot = Int(packed & 0xffff_ffff)
        }

        var packed: UInt64 { UInt64(shard) << 32 | UInt64(slot) }
    }
}
