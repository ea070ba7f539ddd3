import RedisTier
import Testing

@Suite struct BackoffTests {
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
