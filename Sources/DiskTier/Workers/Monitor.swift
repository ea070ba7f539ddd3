internal import Glibc

/// A value behind a lock on which threads can sleep until it changes.
final class Monitor<State>: @unchecked Sendable {
    // Safe because `state` is touched only between lock and unlock of `mutex`, and the two allocations live as long as
    // this object.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Runs the body alone. Nobody is woken.
    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Runs the body alone, then wakes all sleepers, or one.
    func change<Result>(wakeAll: Bool = true, _ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let result = body(&state)
        _ = wakeAll ? pthread_cond_broadcast(changed) : pthread_cond_signal(changed)
        return result
    }

    /// Sleeps until the body, tried under the lock before and after each change, gives something; nil after `deadline`
    /// (milliseconds of `Clock.monotonic`; nil: never).
    func wait<Result>(until deadline: Int64? = nil, _ body: (inout State) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            guard let deadline else {
                pthread_cond_wait(changed, mutex)
                continue
            }
            guard Clock.monotonic() < deadline else { return nil }
            var until = timespec(tv_sec: Int(deadline / 1_000), tv_nsec: Int(deadline % 1_000) * 1_000_000)
            pthread_cond_timedwait(changed, mutex, &until)
        }
    }
}
