import DiskTier
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
        #expect(breaker.state == .open(until: 1_007))
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
        #expect(breaker.state == .open(until: 2_200))
        // Late failures of work from before don't push the next probe away.
        breaker.failed(now: 2_100)
        #expect(admits(&breaker, 2_200) == true)
        #expect(admits(&breaker, 3_200) == true)
    }
}
