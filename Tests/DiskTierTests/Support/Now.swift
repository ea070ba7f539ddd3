import Synchronization

/// A wall clock that a test turns.
final class Now: Sendable {
    private let milliseconds = Atomic<Int64>(1_700_000_000_000)

    var value: Int64 {
        get { milliseconds.load(ordering: .relaxed) }
        set { milliseconds.store(newValue, ordering: .relaxed) }
    }
}
