package import CacheModel
import Eviction
package import HTTPMessage
internal import Synchronization

/// L1: stored responses in this process, bounded in bytes, for all event loops at once. Every call is synchronous, may
/// come from any thread and holds one shard's lock for a short while; no memory of a response is freed under a lock.
///
/// The caller gives each key's hash with it, from `hash(_:)`, so that a request computes it once. Hashes only find:
/// keys are compared in full (attacks.md 25), and any hash whatever gives right answers.
///
/// A key has at most one entry for each selection, and `maxVariants` in all. One with an empty selection (a response
/// without `Vary`) may stand beside others: the one stored last is the newest and comes first.
package final class MemoryTier: Sendable {
    /// More variants of a key are not kept; the oldest goes (attacks.md 19).
    package static let maxVariants = 32

    package let configuration: Configuration
    private let keyedHash: KeyedHash
    private let shards: ShardArray
    /// Of the hits that were counted, those that were none.
    let unused = Atomic<UInt64>(0)
    /// Counters never go back.
    let reportedHits = Mutex<UInt64>(0)

    /// What became of `insert`.
    package enum Insertion: Sendable, Equatable {
        case stored
        /// Above `maxObject`, or more than a shard can hold. What was stored under the key before is still there.
        case tooLarge
        /// An entry of the same key and selection with a higher position of the same epoch is there and stays
        /// (invalidation.md rule 7).
        case superseded
    }

    /// - Parameter configuration: one that `validate()` accepts.
    package init(_ configuration: Configuration) {
        do {
            try configuration.validate()
        } catch {
            preconditionFailure("the configuration was not validated: \(error)")
        }
        self.configuration = configuration
        keyedHash = KeyedHash()
        let count = configuration.shards ?? configuration.defaultShards
        shards = ShardArray(count: count) {
            Shard(
                capacity: configuration.capacity / count, policy: configuration.policy,
                maxObject: configuration.maxObject, hasDeadlines: configuration.maxTTL != nil)
        }
    }

    /// The hash of a primary key, different in each process.
    package func hash(_ key: UnsafeRawBufferPointer) -> UInt64 { keyedHash.hash(key) }

    /// The newest stored response under the key; when its `selection` is empty, it is the answer. Allocates nothing.
    /// - Parameter counts: whether this is a use and counts as a hit or a miss; false for a second look at the same key
    ///   for the same request.
    /// - Parameter now: for `Configuration.maxTTL`; what is there longer is removed first.
    package func lookup(
        hash: UInt64, key: UnsafeRawBufferPointer, counts: Bool = true, now: Timestamp? = nil
    ) -> StoredResponse? {
        if configuration.maxTTL != nil, let now { removeExpired(hash, key, now) }
        return shards.withShard(shards.number(of: hash)) { $0.lookup(hash, key, counts: counts) }
    }

    /// All that is stored under the key, newest first. Counts as no use: say with `recordUse` which one served.
    package func variants(
        hash: UInt64, key: UnsafeRawBufferPointer, now: Timestamp? = nil
    ) -> [StoredResponse] {
        if configuration.maxTTL != nil, let now { removeExpired(hash, key, now) }
        return shards.withShard(shards.number(of: hash)) { $0.variants(hash, key) }
    }

    /// What `lookup` gave and counted as a hit could not answer: it was a miss.
    package func wasOfNoUse() { unused.add(1, ordering: .relaxed) }

    /// Counts a body that is not brought because it is above `maxObject`.
    package func refuseTooLarge(hash: UInt64) {
        shards.withShard(shards.number(of: hash)) { $0.counters.tooLarge += 1 }
    }

    /// Counts a use of an entry that came from `variants` and was not the first. Nothing happens if it is gone.
    package func recordUse(of response: StoredResponse, hash: UInt64) {
        shards.withShard(shards.number(of: hash)) { $0.recordUse(hash, of: response) }
    }

    /// Stores the response as the newest of its key, in place of an entry with the same selection, and evicts what
    /// the budget asks for.
    /// - Parameters:
    ///   - cost: milliseconds that the origin took to answer, for policies that keep longer what took longer.
    ///   - now: for `Configuration.maxTTL`; nil: the entry may stay.
    package func insert(
        _ response: StoredResponse, hash: UInt64, cost: UInt32 = 1, now: Timestamp? = nil
    ) -> Insertion {
        var released = Released()
        defer { released.free() }
        let deadline = deadline(now)
        return shards.withShard(shards.number(of: hash)) {
            $0.insert(response, hash, cost: cost, deadline: deadline, released: &released)
        }
    }

    /// The second from which an entry stored now is too old; `Int64.max`: none.
    private func deadline(_ now: Timestamp?) -> Int64 {
        guard let cap = configuration.maxTTL, let now else { return .max }
        let (sum, overflow) = now.seconds.addingReportingOverflow(cap)
        return overflow ? .max : sum
    }

    @inline(never)
    private func removeExpired(_ hash: UInt64, _ key: UnsafeRawBufferPointer, _ now: Timestamp) {
        var released = Released()
        defer { released.free() }
        shards.withShard(shards.number(of: hash)) {
            $0.removeExpired(hash, key, now: now.seconds, released: &released)
        }
    }

    /// Removes the entry of that key, selection and id; another one under the same key stays (invalidation.md rule 7).
    /// Returns whether it was there.
    package func remove(
        hash: UInt64, key: UnsafeRawBufferPointer, selection: UnsafeRawBufferPointer, entryID: UInt64
    ) -> Bool {
        var released = Released()
        defer { released.free() }
        return shards.withShard(shards.number(of: hash)) {
            $0.remove(hash, key, selection, entryID: entryID, released: &released)
        }
    }

    /// Removes every variant of the key and returns how many there were.
    package func removeAll(hash: UInt64, key: UnsafeRawBufferPointer) -> Int {
        var released = Released()
        defer { released.free() }
        return shards.withShard(shards.number(of: hash)) { $0.removeAll(hash, key, released: &released) }
    }

    /// Empties the tier, a shard at a time, and returns how many entries there were. Frees them on this thread: not for
    /// an event loop.
    package func removeAll() -> Int {
        (0..<shards.count).reduce(0) { sum, number in
            let taken = shards.withShard(number) { $0.takeAll() }
            taken.release()
            return sum + taken.count { $0.response != nil }
        }
    }

    func forEachShard(_ body: (inout Shard) -> Void) {
        for number in 0..<shards.count { shards.withShard(number, body) }
    }

    func withShard<Result>(_ number: Int, _ body: (inout Shard) -> Result) -> Result {
        shards.withShard(number, body)
    }

    var shardCount: Int { shards.count }
    func shardNumber(of hash: UInt64) -> Int { shards.number(of: hash) }
}
