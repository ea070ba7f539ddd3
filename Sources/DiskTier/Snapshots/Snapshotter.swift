internal import CacheModel

/// Writes the index's snapshot from time to time, on a thread of its own.
final class Snapshotter: Sendable {
    private let stopped = Monitor(false)

    /// - Parameter interval: milliseconds; what was written since the last snapshot is looked at this often.
    init(_ store: SegmentStore, everyMilliseconds interval: Int64) {
        let stopped = stopped
        let started = DetachedThread.start { [weak store] in
            while stopped.wait(until: Clock.monotonic() + max(1, interval), { $0 ? true : nil }) == nil {
                guard let store else { return }
                store.snapshot(onlyIfDue: true)
            }
        }
        precondition(started, "the process may start threads")
    }

    func stop() { stopped.change { $0 = true } }
}
