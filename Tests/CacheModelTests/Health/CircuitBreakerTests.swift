import CacheModel
import Testing

@Suite("the circuit breaker")
struct CircuitBreakerTests {
    /// The macro of an expectation can't call what mutates.
    private func admits(_ breaker: inout CircuitBreaker, _ now: Int64) -> Bool { breaker.admit(now: now) }

    @Test("opens after five failures in a row, not after five in all")
    func opens() {
        var breaker = CircuitBreaker(threshold: 5, pauseMilliseconds: 1_000)
        for _ in 0..<4 { breaker.failed(now: 0) }
        #expect(breaker.state == .closed(failures: 4))
        breaker.succeeded()
        for _ in 0..<4 { breaker.failed(now: 0) }
        #expect(admits(&breaker, 0) == true)
        breaker.failed(now: 7)
        #expect(breaker.state == .open(probeAt: 1_007))
        #expect(admits(&breaker, 1_006) == false)
    }

    @Test("lets one probe through after the pause, and closes when it succeeds")
    func probes() {
        var breaker = CircuitBreaker(threshold: 1, pauseMilliseconds: 1_000)
        breaker.failed(now: 0)
        #expect(admits(&breaker, 1_000) == true)
        #expect(breaker.state == .probing(since: 1_000))
        #expect(admits(&breaker, 1_500) == false)
        breaker.succeeded()
        #expect(breaker.state == .closed(failures: 0))
    }

    @Test("opens again when the probe fails, and replaces one that never comes back")
    func probeFails() {
        var breaker = CircuitBreaker(threshold: 1, pauseMilliseconds: 1_000)
        breaker.failed(now: 0)
        #expect(admits(&breaker, 1_000) == true)
        breaker.failed(now: 1_200)
        #expect(breaker.state == .open(probeAt: 2_200))
        // Late failures of work from before don't push the next probe away.
        breaker.failed(now: 2_100)
        #expect(admits(&breaker, 2_200) == true)
        #expect(admits(&breaker, 3_200) == true)
    }

    enum Event: Sendable { case succeeded, failed, probe }

    @Test(
        "each event in each state",
        arguments: [
            ([Event](), CircuitBreaker.State.closed(failures: 0)),
            ([.failed], .closed(failures: 1)),
            ([.failed, .succeeded], .closed(failures: 0)),
            ([.failed, .succeeded, .failed], .closed(failures: 1)),
            ([.probe], .closed(failures: 0)),
            ([.failed, .failed], .open(probeAt: 2000)),
            ([.failed, .failed, .failed], .open(probeAt: 2000)),
            ([.failed, .failed, .succeeded], .closed(failures: 0)),
            ([.failed, .failed, .probe], .probing(since: 2000)),
            ([.failed, .failed, .probe, .probe], .probing(since: 2000)),
            ([.failed, .failed, .probe, .succeeded], .closed(failures: 0)),
            ([.failed, .failed, .probe, .failed], .open(probeAt: 2000)),
        ])
    func transitions(events: [Event], state: CircuitBreaker.State) {
        var breaker = CircuitBreaker(threshold: 2)
        for event in events {
            switch event {
            case .succeeded: breaker.succeeded()
            case .failed: breaker.failed(now: 1000)
            case .probe: _ = breaker.startProbe(now: 2000)
            }
        }
        #expect(breaker.state == state)
        #expect(breaker.isClosed == (state == .closed(failures: 0) || state == .closed(failures: 1)))
    }

    @Test("a probe goes out once a second, not before")
    func onceASecond() {
        var breaker = CircuitBreaker(threshold: 2)
        breaker.failed(now: 5000)
        breaker.failed(now: 5000)
        #expect(breaker.probeAt == 6000)
        let early = breaker.startProbe(now: 5999)
        let due = breaker.startProbe(now: 6000)
        let second = breaker.startProbe(now: 6000)
        #expect(!early && due && !second && breaker.probeAt == nil)
        breaker.failed(now: 6050)
        #expect(breaker.probeAt == 7050)
    }
}
