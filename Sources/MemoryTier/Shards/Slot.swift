import CacheModel

/// A place for one stored response: 24 bytes. Variants of one key are chained, newest first; the index knows the
/// newest.
struct Slot {
    static let none = UInt32.max

    /// One reference of the slot's own, nil in a free slot. `Unmanaged`, so that comparing keys touches no reference
    /// count: safe because slots are only used under the lock of their shard, which alone gives the reference up.
    var response: Unmanaged<StoredResponse>?
    var hash: UInt64 = 0
    /// The next older variant of the key; in a free slot the next free one.
    var older = Slot.none
    /// Bytes that the response is counted with.
    var weight: UInt32 = 0
}
