/// How fast a counter grows, over the last seconds. Pure: the caller samples it and says when.
package struct RateWindow: Sendable {
    private struct Sample {
        var milliseconds: Int64
        var count: UInt64
    }

    private var samples: [Sample] = []
    private let length: Int64

    /// - Parameter seconds: how far it looks back.
    package init(seconds: Int64 = 10) { length = seconds * 1000 }

    /// Notes the counter's value at a moment of a clock that never goes back, in milliseconds.
    package mutating func sample(_ count: UInt64, now: Int64) {
        samples.append(Sample(milliseconds: now, count: count))
        // One sample older than the window stays: the window's whole length counts.
        while samples.count > 2, samples[1].milliseconds <= now - length { samples.removeFirst() }
    }

    /// Growth a second from the oldest sample to this moment.
    package func perSecond(_ count: UInt64, now: Int64) -> Double {
        guard let oldest = samples.first, now > oldest.milliseconds, count >= oldest.count else { return 0 }
        return Double(count - oldest.count) * 1000 / Double(now - oldest.milliseconds)
    }
}
