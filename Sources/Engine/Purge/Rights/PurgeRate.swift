internal import Synchronization

/// How many purges an instance takes: a second's worth at once, then as they refill. All callers share it.
package final class PurgeRate: Sendable {
    private struct State {
        var left: Double
        var at: ContinuousClock.Instant
    }

    /// A second; 0: no bound.
    package let perSecond: Int
    private let state: Mutex<State>

    package init(perSecond: Int, now: ContinuousClock.Instant = .now) {
        self.perSecond = perSecond
        state = Mutex(State(left: Double(perSecond), at: now))
    }

    /// Takes one; false: there is none left now.
    package func take(now: ContinuousClock.Instant = .now) -> Bool {
        guard perSecond > 0 else { return true }
        return state.withLock { state in
            let passed = max(.zero, state.at.duration(to: now)) / .seconds(1)
            state.left = min(Double(perSecond), state.left + passed * Double(perSecond))
            state.at = max(state.at, now)
            guard state.left >= 1 else { return false }
            state.left -= 1
            return true
        }
    }
}
