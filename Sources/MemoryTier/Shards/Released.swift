import CacheModel

/// Responses that left the store while the lock was held. Their memory is freed by `free`, after the lock: freeing may
/// take long and must not make other threads wait. One response costs no allocation.
struct Released {
    private var first: StoredResponse?
    private var more: [StoredResponse] = []

    mutating func append(_ response: StoredResponse) {
        if first == nil { first = response } else { more.append(response) }
    }

    /// Call it without the lock.
    mutating func free() {
        first = nil
        more = []
    }
}
