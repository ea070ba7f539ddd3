internal import CacheModel
internal import Synchronization

/// The one answer to a call: the first to come, the worker's or that of the time budget, is delivered on the loop.
final class Reply<Value: Sendable>: Sendable {
    private let loop: any EngineLoop
    private let done: @Sendable (Value) -> Void
    private let fired = Atomic(false)
    private let timer = Mutex<(any LoopTimer)?>(nil)
    private let abandoned: Value

    /// - Parameter abandoned: the answer when the work is dropped before it ran.
    init(on loop: any EngineLoop, abandoned: Value, _ done: @escaping @Sendable (Value) -> Void) {
        self.loop = loop
        self.abandoned = abandoned
        self.done = done
    }

    deinit { finish(abandoned) }

    /// Gives the worker this long; then `late` is the answer.
    /// - Parameter counting: see `finish`.
    func limit(milliseconds: Int64, _ late: Value, counting: @escaping @Sendable () -> Void = {}) {
        let scheduled = loop.schedule(afterMilliseconds: milliseconds) { [weak self] in
            _ = self?.finish(late, counting: counting)
        }
        timer.withLock { $0 = scheduled }
        if fired.load(ordering: .sequentiallyConsistent) { scheduled.cancel() }
    }

    /// Whether somebody still waits; work whose answer nobody wants need not be done.
    var isOpen: Bool { !fired.load(ordering: .relaxed) }

    /// False when an answer was delivered before.
    /// - Parameter counting: what this answer counts as; run before it is delivered, and only if it is.
    @discardableResult
    func finish(_ value: Value, counting: () -> Void = {}) -> Bool {
        guard !fired.exchange(true, ordering: .sequentiallyConsistent) else { return false }
        counting()
        // The timer is the loop's: from elsewhere it could only be cancelled by another task there.
        let scheduled = timer.withLock { timer -> (any LoopTimer)? in
            defer { timer = nil }
            return timer
        }
        let done = done
        loop.execute {
            scheduled?.cancel()
            done(value)
        }
        return true
    }
}
