internal import NIOCore
internal import NIOPosix

/// One loop's work that would make it stand still, done by threads. Bounded in the bytes that wait for it. On its loop
/// only.
final class ThreadWork: @unchecked Sendable {
    // Safe because the stored `var` is touched on `eventLoop` only (checked in debug builds).

    private let eventLoop: any EventLoop
    private let maxBytes: Int
    private var bytes = 0

    init(eventLoop: any EventLoop, maxBytes: Int) {
        self.eventLoop = eventLoop
        self.maxBytes = maxBytes
    }

    /// Runs the work on a thread, and `then` with its result on the loop. False: too much waits already, neither runs.
    @discardableResult
    func run<Value: Sendable>(
        bytes count: Int, _ work: @escaping @Sendable () -> Value, then: @escaping (Value) -> Void
    ) -> Bool {
        eventLoop.assertInEventLoop()
        guard bytes == 0 || bytes + count <= maxBytes else { return false }
        bytes += count
        let back = NIOLoopBound(then, eventLoop: eventLoop)
        NIOThreadPool.singleton.submit { [eventLoop] _ in
            let value = work()
            eventLoop.execute {
                self.bytes -= count
                back.value(value)
            }
        }
        return true
    }
}
