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

    private struct Flights {
        var slots: [TierKey: Slot] = [:]
        /// Made for one request each: nobody joins them, and what they bring may be stored all the same.
        var solos: [CacheKey: [Flight]] = [:]
    }

    private let shards: [Shard]

    private final class Shard: Sendable {
        let flights = Mutex(Flights())
    }

    init() { shards = (0..<64).map { _ in Shard() } }

    /// By the primary key, so that all variants of a URL are in one.
    private func shard(_ key: CacheKey) -> Shard { shards[key.hashValue & 63] }
    private func shard(_ key: TierKey) -> Shard { shard(key.primary) }

    /// Finds a flight that `isUsable`, or makes one.
    func enter(_ key: TierKey, isUsable: (Flight) -> Bool, make: () -> Flight) -> Entrance {
        shard(key).flights.withLock { flights in
            guard var slot = flights.slots[key] else {
                let flight = make()
                flights.slots[key] = Slot(running: flight)
                return .lead(flight)
            }
            if isUsable(slot.running) { return .join(slot.running) }
            if let next = slot.next { return .join(next) }
            let next = make()
            slot.next = next
            flights.slots[key] = slot
            return .leadNext(next)
        }
    }

    /// The running flight of that key, if any.
    func running(_ key: TierKey) -> Flight? { shard(key).flights.withLock { $0.slots[key]?.running } }

    /// Whether anything of that URL is being fetched. Walks a shard: for rare callers.
    func isUnderWay(_ key: CacheKey) -> Bool {
        shard(key).flights.withLock { flights in
            flights.solos[key] != nil || flights.slots.keys.contains { $0.primary == key }
        }
    }

    /// What is being fetched of that URL will not be stored. Walks a shard: for rare callers.
    func revoke(_ key: CacheKey) {
        shard(key).flights.withLock { flights in
            for (tierKey, slot) in flights.slots where tierKey.primary == key { slot.running.revoke() }
            for flight in flights.solos[key] ?? [] { flight.revoke() }
        }
    }

    /// A flight made for one request begins.
    func enroll(solo flight: Flight) {
        shard(flight.key).flights.withLock { $0.solos[flight.key.primary, default: []].append(flight) }
    }

    /// It has ended. Once is enough.
    func withdraw(solo flight: Flight) {
        shard(flight.key).flights.withLock { flights in
            guard var all = flights.solos[flight.key.primary] else { return }
            all.removeAll { $0 === flight }
            flights.solos[flight.key.primary] = all.isEmpty ? nil : all
        }
    }

    /// Takes an ended flight out. Returns the one that starts now.
    func remove(_ flight: Flight) -> Flight? {
        shard(flight.key).flights.withLock { flights in
            guard let slot = flights.slots[flight.key], slot.running === flight else { return nil }
            guard let next = slot.next else {
                flights.slots[flight.key] = nil
                return nil
            }
            flights.slots[flight.key] = Slot(running: next)
            return next
        }
    }

    /// URLs and variants that have one for all.
    var count: Int { shards.reduce(0) { $0 + $1.flights.withLock { $0.slots.count } } }
}
