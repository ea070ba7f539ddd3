import TestSupport
import Eviction
import Simulation
import Testing

/// Traffic of one kind each: the default does what suits it. Sizes go from 64 B to 64 KB, by factors.
@Suite struct SyntheticTests {
    private static let requests = 100_000

    private func trace(_ seed: UInt64, _ make: (Int, inout SplitMix) -> (key: UInt64, size: Int)) -> Trace {
        var random = SplitMix(state: seed)
        var trace = Trace()
        for time in 0..<Self.requests {
            let (key, size) = make(time, &random)
            trace.append(key: key, size: size)
        }
        return trace
    }

    private func size(_ key: UInt64) -> Int { 64 << Int(SplitMix.hash(key) % 11) }

    private func ratios(_ trace: Trace, _ name: PolicyName, _ percent: Int) -> (objects: Double, bytes: Double) {
        let outcome = trace.replay(name, capacity: trace.footprint / 100 * percent)
        return (outcome.objectHitRatio, outcome.byteHitRatio)
    }

    /// Zipf's law with exponent 1, by inversion of its continuous form.
    private func popular(_ count: Int, _ random: inout SplitMix) -> UInt64 {
        var key = 1.0
        let exponent = random.unit()
        // count^exponent, by halving the exponent's bits.
        var (factor, rest) = (Double(count), exponent)
        for _ in 0..<30 {
            factor = factor.squareRoot()
            rest *= 2
            if rest >= 1 {
                key *= factor
                rest -= 1
            }
        }
        return UInt64(key)
    }

    @Test("a loop over five times what fits: most of a fifth hits, where LRU has nothing")
    func loop() {
        let trace = trace(1) { time, _ in (UInt64(time % 2000), 1000) }
        #expect(ratios(trace, .lru, 20).objects == 0)
        #expect(ratios(trace, .adaptive, 20).objects > 0.15)
    }

    @Test("pure frequency: objects of GDSF, bytes above LRU", arguments: [5, 20])
    func frequency(percent: Int) {
        let trace = trace(2) { _, random in
            let key = popular(20_000, &random)
            return (key, size(key))
        }
        let (lru, gdsf, own) =
            (ratios(trace, .lru, percent), ratios(trace, .gdsf, percent), ratios(trace, .adaptive, percent))
        #expect(own.objects > gdsf.objects - 0.03)
        #expect(own.bytes > lru.bytes)
    }

    @Test("bursts that never come back: not below LRU")
    func bursts() {
        let trace = trace(3) { time, random in
            let key = UInt64(time / 4) &- random.next() % 300
            return (key, size(key))
        }
        let (lru, own) = (ratios(trace, .lru, 2), ratios(trace, .adaptive, 2))
        #expect(own.objects > lru.objects - 0.01)
        #expect(own.bytes > lru.bytes - 0.01)
    }

    @Test("two thirds one-hit wonders: they don't wash out the rest")
    func oneHitWonders() {
        let trace = trace(4) { time, random in
            let key = random.next() % 3 > 0 ? UInt64(1_000_000 + time) : popular(20_000, &random)
            return (key, size(key))
        }
        let (lru, own) = (ratios(trace, .lru, 1), ratios(trace, .adaptive, 1))
        #expect(own.objects > lru.objects + 0.05)
        #expect(own.bytes > lru.bytes)
    }

    @Test("popular objects that die every 20 000 requests don't stay")
    func dying() {
        let trace = trace(5) { time, random in
            let key = UInt64(time / 20_000 * 100_000) + popular(20_000, &random)
            return (key, size(key))
        }
        let (lru, own) = (ratios(trace, .lru, 5), ratios(trace, .adaptive, 5))
        #expect(own.objects > lru.objects - 0.01)
        #expect(own.bytes > lru.bytes - 0.01)
    }

    @Test("objects of 2 GB that carry the bytes are not refused for their size", arguments: PolicyName.allCases)
    func huge(name: PolicyName) {
        let trace = trace(6) { _, random in
            if random.next() % 20 == 0 { return (2_000_000 + random.next() % 4, 2 << 30) }
            let key = popular(5000, &random)
            return (key, size(key))
        }
        let bytes = trace.replay(name, capacity: 5 << 30).byteHitRatio
        // Two of four fit. LFU and GDSF keep what is small and popular besides.
        #expect(bytes > (name == .gdsf ? 0.2 : 0.4), "\(name): \(bytes)")
    }

    @Test("four objects of 2 GB, of which two fit beside all that is small", arguments: [100, 5000], [10, 20, 50])
    func hugeBesideSmall(small: Int, every: UInt64) {
        let trace = trace(7) { _, random in
            if random.next() % every == 0 { return (2_000_000 + random.next() % 4, 2 << 30) }
            let key = random.next() % UInt64(small)
            return (key, size(key))
        }
        let capacity = (4 << 30) + (300 << 20)
        let lru = trace.replay(.lru, capacity: capacity)
        let gdsf = trace.replay(.gdsf, capacity: capacity)
        let own = trace.replay(.adaptive, capacity: capacity)
        #expect(own.objectHitRatio > gdsf.objectHitRatio - 0.01, "\(own.objectHitRatio), \(gdsf.objectHitRatio)")
        // Which two of four is chance.
        #expect(own.byteHitRatio > lru.byteHitRatio - 0.01, "\(own.byteHitRatio), \(lru.byteHitRatio)")
    }
}

extension SplitMix {
    /// 0..<1
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    static func hash(_ key: UInt64) -> UInt64 {
        var mixer = SplitMix(state: key)
        return mixer.next()
    }
}
