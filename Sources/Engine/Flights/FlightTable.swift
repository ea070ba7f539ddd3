internal import CacheModel
internal import Synchronization

/// The flights under way, by key. At most two of a key: the running one, and the next, which starts when the running
/// one has ended and serves whoever may not use it (invalidation.md rule 4).
final class FlightTable: Sendable {
    enum Entrance {
        /// Join it.
        case join(Flight)
        /// Made by this call and running: start it.
        case lead(Flight)
        /// Made by this call; it starts when the running one has ended.
        case leadNext(Flight)
    }

    private struct Slot {
        var running: Flight
        var next: Flight?
    }

    private let shards: [Shard]

    private final class Shard: Sendable {
        let slots = Mutex<[TierKey: Slot]>([:])
    }

    init() { shards = (0..<64).map { _ in Shard() } }

    /// By the primary key, so that all variants of a URL are in one.
    private func shard(_ key: CacheKey) -> Shard { shards[key.bytes.hashValue & 63] }
    private func shard(_ key: TierKey) -> Shard { shard(key.primary) }

    /// Finds a flight that `isUsable`, or makes one.
    func enter(_ key: TierKey, isUsable: (Flight) -> Bool, make: () -> Flight) -> Entrance {
        shard(key).slots.withLock { slots in
            guard var slot = slots[key] else {
                let flight = make()
                slots[key] = Slot(running: flight)
                return .lead(flight)
            }
            if isUsable(slot.running) { return .join(slot.running) }
            if let next = slot.next { return .join(next) }
            let next = make()
            slot.next = next
            slots[key] = slot
            return .leadNext(next)
        }
    }

    /// The running flight of that key, if any.
    func running(_ key: TierKey) -> Flight? { shard(key).slots.withLock { $0[key]?.running } }

    /// Whether anything of that URL is being fetched. Walks a shard: for rare callers.
    func isUnderWay(_ key: CacheKey) -> Bool {
        shard(key).slots.withLock { slots in slots.keys.contains { $0.primary == key } }
    }

    /// What is being fetched of that URL will not be stored. Walks a shard: for rare callers.
    func revoke(_ key: CacheKey) {
        shard(key).slots.withLock { slots in
            for (tierKey, slot) in slots where tierKey.primary == key {
                slot.running.revoke()
            }
        }
    }

    /// Takes an ended flight out. Returns the one that starts now.
    func remove(_ flight: Flight) -> Flight? {
        shard(flight.key).slots.withLock { slots in
            guard let slot = slots[flight.key], slot.running === flight else { return nil }
            guard let next = slot.next else {
                slots[flight.key] = nil
                return nil
            }
            slots[flight.key] = Slot(running: next)
            return next
        }
    }

    var count: Int { shards.reduce(0) { $0 + $1.slots.withLock { $0.count } } }
}
