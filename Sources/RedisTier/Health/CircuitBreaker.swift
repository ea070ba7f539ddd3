/// Whether a connection is worth a try. Pure: `now` is monotonic milliseconds.
///
/// ```
/// closed ── `threshold` failures in a row ─▶ open ── 1 s ─▶ probing ── no answer ─▶ open
///    ▲                                        │               │
///    └──────────── an answer in time ─────────┴───────────────┘      any ── connection lost ─▶ disconnected
/// ```
package struct CircuitBreaker: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// In use, after so many failures in a row.
        case closed(failures: Int)
        /// Left alone; a probe is due at that time.
        case open(probeAt: Int64)
        /// A probe is out.
        case probing
        /// No connection; a new connection's handshake is the probe.
        case disconnected
    }

    /// Between two probes.
    package static let probeInterval: Int64 = 1000

    package private(set) var state: State = .disconnected
    private let threshold: Int

    package init(threshold: Int) { self.threshold = threshold }

    package var isClosed: Bool {
        if case .closed = state { return true }
        return false
    }

    /// When a probe is to be sent, nil when none is wanted.
    package var probeAt: Int64? {
        if case .open(let at) = state { return at }
        return nil
    }

    package mutating func connected() { state = .closed(failures: 0) }

    package mutating func disconnected() { state = .disconnected }

    /// The server answered in time, to an operation or to a probe.
    package mutating func succeeded() {
        if state != .disconnected { state = .closed(failures: 0) }
    }

    /// No answer in time, or one that says that the server can't serve.
    package mutating func failed(now: Int64) {
        switch state {
        case .closed(let failures):
            state =
                failures + 1 >= threshold ? .open(probeAt: now + Self.probeInterval) : .closed(failures: failures + 1)
        case .probing: state = .open(probeAt: now + Self.probeInterval)
        case .open, .disconnected: break
        }
    }

    /// Takes the turn to probe, if one is due.
    package mutating func startProbe(now: Int64) -> Bool {
        guard case .open(let at) = state, at <= now else { return false }
        state = .probing
        return true
    }
}
