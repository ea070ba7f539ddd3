import CacheModel

/// A place for one stored response: 16 bytes. Variants of one key are chained, newest first; the index knows the
/// newest.
struct Slot {
    static let none = UInt32.max

    /// One reference of the slot's own, nil in a free slot. `Unmanaged`, so that comparing keys touches no reference
    /// count: safe because slots are only used under the lock of their shard, which alone gives the reference up.
    var response: Unmanaged<ResponseBlock>?
    /// The low half of the key's hash, which says where the index has it.
    var half: UInt32 = 0
    /// The next older variant of the key; in a free slot the next free one.
    var older = Slot.none
}
