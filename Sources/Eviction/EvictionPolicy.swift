/// What decides which entry goes when room is needed. A policy knows entries by their *slot*, a small number that the
/// storage gives out and may use again after the policy has named the slot as a victim or was told of its removal. It
/// holds no entry, deletes nothing, takes no lock and asks no clock.
///
/// How a store uses one: `insert` the newcomer, then, while the store is above its budget, `evict` and delete what it
/// names. A policy that thinks little of the newcomer may name it (an admission filter needs no call of its own).
///
/// Every call is O(1) or O(log n) when averaged over calls. Calls about one policy come from one thread at a time.
package protocol EvictionPolicy: Sendable {
    /// - Parameter capacity: bytes that the entries may have together; policies that divide their room take shares of
    ///   it. Not enforced here: the store asks for victims when it needs room.
    init(capacity: Int)

    /// Entries that the policy knows of.
    var count: Int { get }

    /// Bytes of memory that the policy itself occupies now.
    var footprint: Int { get }

    /// A new entry.
    /// - Parameters:
    ///   - slot: not in use. Memory is kept for every slot up to the highest, so slots start at 0 and are dense.
    ///   - hash: well mixed and the same whenever this key comes back: policies remember departed keys by it.
    ///   - size: bytes.
    ///   - cost: what it takes to fetch the entry again, in one unit for all entries; 1 when unknown.
    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32)

    /// The entry was used.
    mutating func hit(_ slot: UInt32)

    /// The entries were used, in that order: the same as `hit` for each. One call for many, because what a policy keeps
    /// of them is seldom in the processor's caches, and several can be fetched at a time.
    mutating func hit(all slots: UnsafeBufferPointer<UInt32>)

    /// The entry was replaced by a newer one under the same key: its history stays, and this counts as a use.
    mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32)

    /// The entry was deleted for another reason than the policy's advice.
    mutating func remove(_ slot: UInt32)

    /// Names the next victim and forgets it. Nil when no entry is left.
    mutating func evict() -> UInt32?

    /// For tests: what is wrong with the policy's own books, empty when nothing is. O(n).
    func checkInvariants() -> [String]
}

extension EvictionPolicy {
    @inlinable
    package mutating func hit(all slots: UnsafeBufferPointer<UInt32>) {
        for slot in slots { hit(slot) }
    }
}
