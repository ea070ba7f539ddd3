/// How fast a counter grew lately: a ring of samples, taken about once a second.
struct RateWindow {
    private struct Sample {
        /// Milliseconds of a clock that only goes forward.
        var time: Int64
        var count: UInt64
    }

    /// The time that is looked back, in milliseconds.
    static let span: Int64 = 10_000
    private static let capacity = 16
    private var samples: [Sample] = []
    /// The oldest sample's index once the ring is full.
    private var next = 0

    init() { samples.reserveCapacity(Self.capacity) }

    mutating func add(now: Int64, count: UInt64) {
        let sample = Sample(time: now, count: count)
        if samples.count < Self.capacity {
            samples.append(sample)
        } else {
            samples[next] = sample
            next = (next + 1) % Self.capacity
        }
    }

    /// Per second, from the sample nearest to ten seconds ago up to now. Nil without a sample of at least half a second
    /// ago.
    func rate(now: Int64, count: UInt64) -> Double? {
        let old = samples.filter { now - $0.time >= 500 && $0.count <= count }
        guard let from = old.min(by: { abs(now - $0.time - Self.span) < abs(now - $1.time - Self.span) }) else {
            return nil
        }
        return Double(count - from.count) * 1000 / Double(now - from.time)
    }
}
