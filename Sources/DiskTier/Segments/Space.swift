internal import Synchronization

/// Who asks before writing to the folder, and gives back after. Sizes are bytes. Any thread; may block.
protocol SpaceKeeper: Sendable {
    /// Makes room, by eviction where it must. False: there is none.
    func reserve(_ bytes: Int) -> Bool
    func release(_ bytes: Int)
    /// The file system is full below the cap: gives something up for a body. False: there is nothing to give, or the
    /// body would take more than half of what the file system has room for, here as one object may of the cap.
    /// - Parameters:
    ///   - length: of the body, or what there is of it so far.
    ///   - isKnown: it will not be longer than that.
    ///   - written: how much of it is in its file.
    func makeWay(forBody length: Int, isKnown: Bool, written: Int) -> Bool
}

/// What the files occupy, for statistics from any thread; the log alone changes it.
final class Space: Sendable {
    private let counter = Atomic(0)
    private let evicted = Atomic<UInt64>(0)

    var used: Int {
        get { counter.load(ordering: .relaxed) }
        set { counter.store(newValue, ordering: .relaxed) }
    }

    /// Records that were dropped to make room since the start.
    var evictions: UInt64 {
        get { evicted.load(ordering: .relaxed) }
        set { evicted.store(newValue, ordering: .relaxed) }
    }
}
