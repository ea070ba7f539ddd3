/// Keeps work away from a server or a device that fails. Pure: `now` is milliseconds of a clock that only goes forward.
///
/// ```
/// closed ── `threshold` failures in a row ─▶ open ── the pause ─▶ probing ── a failure ─▶ open
///    ▲                                        │                      │
///    └──────────────── a success ─────────────┴──────────────────────┘
/// ```
package struct CircuitBreaker: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// In use, after so many failures in a row.
        case closed(failures: Int)
        /// Left alone; a probe is due at that time.
        case open(probeAt: Int64)
        /// A probe went out at `since` and has not come back.
        case probing(since: Int64)
    }

    /// The longest that something which came back is left alone (design.md section 6).
    package static let pause: Int64 = 1000

    package private(set) var state = State.closed(failures: 0)
    private let threshold: Int
    private let pause: Int64

    package init(threshold: Int = 5, pauseMilliseconds: Int64 = CircuitBreaker.pause) {
        self.threshold = threshold
        self.pause = pauseMilliseconds
    }

    package var isClosed: Bool {
        if case .closed = state { return true }
        return false
    }

    /// When a probe is to be sent, nil when none is wanted.
    package var probeAt: Int64? {
        if case .open(let at) = state { return at }
        return nil
    }

    /// Takes the turn to probe, if one is due. Who probes apart from its work uses this; else `admit`.
    package mutating func startProbe(now: Int64) -> Bool {
        guard case .open(let at) = state, at <= now else { return false }
        state = .probing(since: now)
        return true
    }

    /// Whether a piece of work may start, as the probe if one is due. Whoever got `true` reports `succeeded` or
    /// `failed`; a probe that never comes back is replaced by another after the pause.
    package mutating func admit(now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .open: return startProbe(now: now)
        case .probing(let since):
            guard now - since >= pause else { return false }
            state = .probing(since: now)
            return true
        }
    }

    package mutating func succeeded() { state = .closed(failures: 0) }

    package mutating func failed(now: Int64) {
        switch state {
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed, .probing: state = .open(probeAt: now + pause)
        case .open: break
        }
    }
}
