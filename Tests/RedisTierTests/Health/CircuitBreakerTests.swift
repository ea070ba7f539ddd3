import RedisTier
import Testing

@Suite struct CircuitBreakerTests {
    enum Event: Sendable { case connected, disconnected, succeeded, failed, probe }

    static func breaker(_ events: [Event], now: Int64 = 1000) -> CircuitBreaker {
        var breaker = CircuitBreaker(threshold: 2)
        for event in events {
            switch event {
            case .connected: breaker.connected()
            case .disconnected: breaker.disconnected()
            case .succeeded: breaker.succeeded()
            case .failed: breaker.failed(now: now)
            case .probe: _ = breaker.startProbe(now: now + CircuitBreaker.probeInterval)
            }
        }
        return breaker
    }

    @Test(
        "each event in each state",
        arguments: [
            ([Event](), CircuitBreaker.State.disconnected),
            ([.succeeded], .disconnected),
            ([.failed, .failed, .failed], .disconnected),
            ([.probe], .disconnected),
            ([.connected], .closed(failures: 0)),
            ([.connected, .failed], .closed(failures: 1)),
            ([.connected, .failed, .succeeded], .closed(failures: 0)),
            ([.connected, .failed, .succeeded, .failed], .closed(failures: 1)),
            ([.connected, .probe], .closed(failures: 0)),
            ([.connected, .disconnected], .disconnected),
            ([.connected, .failed, .failed], .open(probeAt: 2000)),
            ([.connected, .failed, .failed, .failed], .open(probeAt: 2000)),
            ([.connected, .failed, .failed, .succeeded], .closed(failures: 0)),
            ([.connected, .failed, .failed, .disconnected], .disconnected),
            ([.connected, .failed, .failed, .connected], .closed(failures: 0)),
            ([.connected, .failed, .failed, .probe], .probing),
            ([.connected, .failed, .failed, .probe, .probe], .probing),
            ([.connected, .failed, .failed, .probe, .succeeded], .closed(failures: 0)),
            ([.connected, .failed, .failed, .probe, .failed], .open(probeAt: 2000)),
            ([.connected, .failed, .failed, .probe, .disconnected], .disconnected),
            ([.connected, .failed, .failed, .probe, .connected], .closed(failures: 0)),
        ])
    func transitions(events: [Event], state: CircuitBreaker.State) {
        let breaker = Self.breaker(events)
        #expect(breaker.state == state)
        #expect(breaker.isClosed == (state == .closed(failures: 0) || state == .closed(failures: 1)))
    }

    @Test("a probe goes out once a second, not before")
    func probes() {
        var breaker = Self.breaker([.connected, .failed, .failed], now: 5000)
        #expect(breaker.probeAt == 6000)
        let early = breaker.startProbe(now: 5999)
        let due = breaker.startProbe(now: 6000)
        let second = breaker.startProbe(now: 6000)
        #expect(!early && due && !second)
        breaker.failed(now: 6050)
        #expect(breaker.probeAt == 7050)
    }

    @Test(
        "the pause between attempts grows to one second, never above, and is jittered",
        arguments: [0, 1, 77, UInt64.max])
    func backoff(random: UInt64) {
        var backoff = Backoff()
        var ceilings: [Int64] = []
        for ceiling: Int64 in [50, 100, 200, 400, 800, 1000, 1000] {
            let pause = backoff.next(random: random)
            #expect(pause >= ceiling / 2 && pause <= ceiling)
            ceilings.append(pause)
        }
        backoff.reset()
        #expect(backoff.next(random: random) == ceilings[0])
        var other = Backoff()
        var all: Set<Int64> = []
        for random: UInt64 in 0..<26 {
            all.insert(other.next(random: random))
            other.reset()
        }
        #expect(all.count == 26, "every pause from 25 to 50 ms occurs")
    }
}
