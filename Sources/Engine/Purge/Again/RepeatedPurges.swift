internal import CacheModel
internal import Synchronization

/// Purges that are appended once more after a time, for an origin that lags behind itself (invalidation.md, "The
/// guarantee"). They wait in this process: a clean stop appends them at once, a crash loses them. Any thread.
final class RepeatedPurges: Sendable {
    /// More are refused before anything is purged.
    static let maxWaiting = 10_000

    typealias Append = @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

    private struct State {
        /// Reserved or waiting.
        var taken = 0
        var next: UInt64 = 0
        var waiting: [UInt64: Append] = [:]
        var isStopped = false
    }

    private let state = Mutex(State())

    /// Takes a place for a purge that is about to be appended the first time; false: there is none left.
    func reserve() -> Bool {
        state.withLock {
            guard $0.taken < Self.maxWaiting else { return false }
            $0.taken += 1
            return true
        }
    }

    /// The first one came to nothing.
    func release() { state.withLock { $0.taken -= 1 } }

    /// Appends after the time, or at once when the process is about to stop. A place was reserved.
    func plan(afterMilliseconds delay: Int64, on loop: any EngineLoop, _ append: @escaping Append) {
        let number: UInt64? = state.withLock { state in
            guard !state.isStopped else { return nil }
            state.next += 1
            state.waiting[state.next] = append
            return state.next
        }
        guard let number else { return append { self.release() } }
        _ = loop.schedule(afterMilliseconds: delay) {
            guard let append = self.state.withLock({ $0.waiting.removeValue(forKey: number) }) else { return }
            append { self.release() }
        }
    }

    /// Appends all that wait, and from now on whatever comes; calls back when they are accepted.
    func appendAll(_ done: @escaping @Sendable () -> Void) {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        guard !waiting.isEmpty else { return done() }
        let countdown = Countdown(from: waiting.count, done)
        for append in waiting {
            append {
                self.release()
                countdown.count()
            }
        }
    }

    private final class Countdown: Sendable {
        private let left: Mutex<Int>
        private let done: @Sendable () -> Void

        init(from left: Int, _ done: @escaping @Sendable () -> Void) {
            self.left = Mutex(left)
            self.done = done
        }

        func count() {
            let isLast = left.withLock {
                $0 -= 1
                return $0 == 0
            }
            if isLast { done() }
        }
    }
}
