internal import CacheModel
internal import Synchronization

/// Partial responses of this process, in memory alone and bounded in bytes: what was used longest ago goes first. Any
/// thread. What is in here may have been purged meanwhile: the engine judges it at each use.
final class PartialStore: Sendable {
    private struct Entry {
        var response: PartialResponse
        var footprint: Int
        var lastUse: UInt64
    }

    private struct State {
        var entries: [CacheKey: Entry] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }

    /// Bytes in all.
    let capacity: Int
    private let state = Mutex(State())

    /// - Parameter memory: capacity of the memory tier; an eighth of it may be added for parts, 64 MB at most.
    init(memory: Int) { capacity = min(memory / 8, 64 << 20) }

    /// A longer part is not kept, so that one download doesn't empty the store.
    var maxPart: Int { capacity / 4 }

    func find(_ key: CacheKey) -> PartialResponse? {
        guard capacity > 0 else { return nil }
        return state.withLock { state in
            guard state.entries[key] != nil else { return nil }
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return state.entries[key]?.response
        }
    }

    /// Adds a part, to what is there if `mayCombine` says so of it and it is the same version, else in its place.
    /// Returns all there is now.
    func add(_ response: PartialResponse, key: CacheKey, mayCombine: (PartialResponse) -> Bool) -> PartialResponse {
        state.withLock { state in
            var whole = response
            if var present = state.entries[key]?.response, mayCombine(present), present.combine(response) {
                whole = present
            }
            state.uses += 1
            Self.remove(key, &state)
            let footprint = whole.footprint
            if footprint <= capacity / 2 {
                state.entries[key] = Entry(response: whole, footprint: footprint, lastUse: state.uses)
                state.bytes += footprint
                shrink(&state)
            }
            return whole
        }
    }

    func remove(_ key: CacheKey) {
        guard capacity > 0 else { return }
        state.withLock { Self.remove(key, &$0) }
    }

    private static func remove(_ key: CacheKey, _ state: inout State) {
        guard let removed = state.entries.removeValue(forKey: key) else { return }
        state.bytes -= removed.footprint
    }

    private func shrink(_ state: inout State) {
        guard state.bytes > capacity else { return }
        // Some more than needed at once, so that not each part that comes sorts all of them.
        for (key, _) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            Self.remove(key, &state)
            if state.bytes <= capacity / 8 * 7 { return }
        }
    }

    var bytes: Int { state.withLock { $0.bytes } }
}
