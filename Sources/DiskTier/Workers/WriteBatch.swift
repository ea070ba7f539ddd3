internal import CacheModel
internal import Synchronization

/// Records that were let in and are not written: those that come in one turn of a loop, or while the writer is busy, go
/// to the disk together. Any thread.
final class WriteBatch: Sendable {
    struct Item: Sendable {
        var record: Record
        var key: TierKey
        /// Wall-clock milliseconds.
        var expiry: Int64
        /// Of memory, bytes.
        var cost: Int
        var reply: Reply<TierWrite>
        var ticket: Ticket
    }

    enum Addition {
        /// The writer has to be told.
        case first
        /// It knows already.
        case further
        /// Not taken.
        case full
    }

    private struct State {
        var items: [Item] = []
        var cost = 0
    }

    private let state = Mutex(State())

    /// - Parameter room: what the costs may sum up to; one always fits if there is any.
    func add(_ item: Item, room: Int) -> Addition {
        state.withLock { state in
            guard state.cost + item.cost <= room || state.items.isEmpty && room > 0 else { return .full }
            state.items.append(item)
            state.cost += item.cost
            return state.items.count == 1 ? .first : .further
        }
    }

    /// In the order in which they came.
    func take() -> [Item] {
        state.withLock { state in
            defer { state = State() }
            return state.items
        }
    }
}
