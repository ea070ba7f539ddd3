internal import CacheModel
internal import Synchronization

/// The circuit breaker of one direction, with its clock. Any thread.
final class Guard: Sendable {
    private let breaker = Mutex(CircuitBreaker())

    func admit() -> Bool { breaker.withLock { $0.admit(now: Clock.monotonic()) } }
    func succeeded() { breaker.withLock { $0.succeeded() } }
    func failed() { breaker.withLock { $0.failed(now: Clock.monotonic()) } }
    var state: CircuitBreaker.State { breaker.withLock { $0.state } }

    /// What came of a piece of work that was let in. Only the device's faults count against it.
    func came(_ failure: FileFailure?) {
        if let failure, failure.isDeviceFault { failed() } else { succeeded() }
    }
}
