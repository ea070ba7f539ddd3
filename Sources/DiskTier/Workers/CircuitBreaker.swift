/// Keeps work away from a device that fails: opens after some failures in a row, then lets one probe through per
/// second until one succeeds. Pure: `now` is milliseconds of a clock that only goes forward.
package struct CircuitBreaker: Sendable {
    package enum State: Sendable, Equatable {
        /// All is let through; so many failed in a row.
        case closed(failures: Int)
        /// Nothing is let through before `until`.
        case open(until: Int64)
        /// One was let through at `since` and has not come back.
        case probing(since: Int64)
    }

    package private(set) var state = State.closed(failures: 0)
    private let threshold: Int
    private let pause: Int64

    package init(threshold: Int = 5, pauseMilliseconds: Int64 = 1_000) {
        self.threshold = threshold
        self.pause = pauseMilliseconds
    }

    /// Whether a piece of work may start. Whoever got `true` reports `succeeded` or `failed`; a probe that never comes
    /// back is replaced by another after the pause.
    package mutating func admit(now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until):
            guard now >= until else { return false }
        case .probing(let since):
            guard now - since >= pause else { return false }
        }
        state = .probing(since: now)
        return true
    }

    package mutating func succeeded() { state = .closed(failures: 0) }

    package mutating func failed(now: Int64) {
        switch state {
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed, .probing: state = .open(until: now + pause)
        case .open: break
        }
    }
}
