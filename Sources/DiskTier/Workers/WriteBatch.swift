internal import CacheModel
internal import Synchronization

/// Small records that the writer has taken and not written: those that came while it was busy go to the disk together.
/// The writer's thread alone adds and takes; anyone may drop what is left when the tier closes.
final class WriteBatch: Sendable {
    struct Item: Sendable {
        var frame: PreparedFrame
        var reply: Reply<TierWrite>
        var ticket: Ticket
    }

    private struct State {
        var items: [Item] = []
        var bytes = 0
    }

    private let state = Mutex(State())

    /// True when it is time to write.
    func add(_ item: Item) -> Bool {
        state.withLock { state in
            state.items.append(item)
            state.bytes += item.frame.header.frameLength
            return state.bytes >= SegmentLog.longestRun || state.items.count >= Self.most
        }
    }

    func take() -> [Item] {
        state.withLock { state in
            defer { state = State() }
            return state.items
        }
    }

    private static let most = 256
}
