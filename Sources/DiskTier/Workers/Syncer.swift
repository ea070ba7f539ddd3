internal import CacheModel

/// Syncs what was appended, on a thread of its own, so that neither the writer nor a reader waits for the device.
final class Syncer: Sendable {
    private let stopped = Monitor(false)

    init(_ store: SegmentStore, everyMilliseconds interval: Int64, guarding breaker: Guard) {
        let stopped = stopped
        let started = DetachedThread.start { [weak store] in
            while stopped.wait(until: Clock.monotonic() + max(1, interval), { $0 ? true : nil }) == nil {
                guard let store else { return }
                do throws(FileFailure) {
                    try store.sync()
                } catch {
                    breaker.came(error)
                }
            }
        }
        precondition(started, "the process may start threads")
    }

    func stop() { stopped.change { $0 = true } }
}
