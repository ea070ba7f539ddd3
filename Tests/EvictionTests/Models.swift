import TestSupport
import Eviction

/// A policy written to be read and not to be quick: the reference that the real one is compared with, call by call.
protocol ModelPolicy {
    init(capacity: Int)
    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32)
    mutating func hit(_ slot: UInt32)
    mutating func update(_ slot: UInt32, size: UInt32)
    mutating func remove(_ slot: UInt32)
    mutating func evict() -> UInt32?
}

struct ModelLRU: ModelPolicy {
    /// The least recently used first.
    private var order: [UInt32] = []

    init(capacity: Int) {}

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) { order.append(slot) }
    mutating func hit(_ slot: UInt32) {
        remove(slot)
        order.append(slot)
    }
    mutating func update(_ slot: UInt32, size: UInt32) { hit(slot) }
    mutating func remove(_ slot: UInt32) { order.removeAll { $0 == slot } }
    mutating func evict() -> UInt32? { order.isEmpty ? nil : order.removeFirst() }
}

/// S3-FIFO as its paper tells it, with the small queue's last entry spared, and the search cut at 256 entries.
struct ModelS3FIFO: ModelPolicy {
    struct Entry {
        var slot: UInt32
        var hash: UInt64
        var size: Int
        var uses = 0
    }

    /// The oldest first.
    private var small: [Entry] = []
    private var main: [Entry] = []
    private var ghosts = ModelGhosts()
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        let entry = Entry(slot: slot, hash: hash, size: Int(size))
        if ghosts.forget(ModelGhosts.mark(hash)) != nil { main.append(entry) } else { small.append(entry) }
    }

    private mutating func change(_ slot: UInt32, _ body: (inout Entry) -> Void) {
        for at in small.indices where small[at].slot == slot { body(&small[at]) }
        for at in main.indices where main[at].slot == slot { body(&main[at]) }
    }

    mutating func hit(_ slot: UInt32) { change(slot) { $0.uses = min(3, $0.uses + 1) } }

    mutating func update(_ slot: UInt32, size: UInt32) {
        change(slot) { $0.size = Int(size) }
        hit(slot)
    }

    mutating func remove(_ slot: UInt32) {
        small.removeAll { $0.slot == slot }
        main.removeAll { $0.slot == slot }
    }

    mutating func evict() -> UInt32? {
        ghosts.makeRoom(for: small.count + main.count)
        var passed = 0
        let smallGoes = main.isEmpty || small.reduce(0) { $0 + $1.size } > capacity / 10
        while smallGoes, small.count > 1 || (main.isEmpty && small.count == 1), passed < 256 {
            var entry = small.removeFirst()
            if entry.uses < 2 {
                ghosts.remember(ModelGhosts.mark(entry.hash))
                return entry.slot
            }
            entry.uses = 0
            main.append(entry)
            passed += 1
        }
        while !main.isEmpty {
            var entry = main.removeFirst()
            if entry.uses == 0 || passed >= 256 { return entry.slot }
            entry.uses -= 1
            main.append(entry)
            passed += 1
        }
        return nil
    }
}

/// Buckets of eight, the newest first. A bucket has an equal share of all hashes; there are as many as the entries want,
/// and an eighth more from the second time on.
struct ModelGhosts {
    private var buckets: [[(mark: UInt64, uses: Int)]] = []

    static func mark(_ hash: UInt64) -> UInt64 { max(1, hash >> 20 % (1 << 28)) }

    private func bucket(_ mark: UInt64) -> Int {
        let mixed = mark * 0x9e37_79b1 % (1 << 32)
        return Int(mixed * UInt64(buckets.count) / (1 << 32))
    }

    mutating func remember(_ mark: UInt64, uses: Int = 0) {
        let steps = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64, 128, 256]
        file((mark, steps.last { $0 <= uses } ?? 0))
    }

    private mutating func file(_ ghost: (mark: UInt64, uses: Int)) {
        guard !buckets.isEmpty else { return }
        let at = bucket(ghost.mark)
        buckets[at] = Array(([ghost] + buckets[at].filter { $0.mark != ghost.mark }).prefix(8))
    }

    /// Its uses, nil if nobody knows it.
    mutating func forget(_ mark: UInt64) -> Int? {
        guard !buckets.isEmpty else { return nil }
        let at = bucket(mark)
        let found = buckets[at].first { $0.mark == mark }
        buckets[at].removeAll { $0.mark == mark }
        return found?.uses
    }

    mutating func makeRoom(for entries: Int) {
        let room = buckets.count * 8
        guard entries > room else { return }
        let old = buckets
        buckets = Array(repeating: [], count: (max(entries, room + room / 8) + 7) / 8)
        for ghost in old.reversed().flatMap({ $0.reversed() }) { file(ghost) }
    }
}

extension SplitMix {
    static func hash(_ key: UInt64) -> UInt64 {
        var mixer = SplitMix(state: key)
        return mixer.next()
    }
}
