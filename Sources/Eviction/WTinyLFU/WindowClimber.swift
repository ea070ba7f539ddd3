/// Finds the share of the window by hill climbing: it moves the border, sees whether the hit ratio of the next sample is
/// better, and goes on or turns round (Einziger, Eytan, Friedman and Manes, "Adaptive software cache management",
/// Middleware 2018). Steps grow shorter until the hit ratio jumps: then the traffic is another and it starts again.
struct WindowClimber: Sendable {
    private var hits = 0
    private var requests = 0
    private var lastRatio = 0.0
    private var step: Double
    private let firstStep: Double

    private static let stepShare = 0.0625
    private static let decay = 0.98
    private static let restart = 0.05
    private static let sample = 10

    /// - Parameter capacity: bytes of the whole cache.
    init(capacity: Int) {
        firstStep = Self.stepShare * Double(capacity)
        step = -firstStep
    }

    /// Counts a request. Returns by how many bytes the window is to grow, at the end of a sample.
    mutating func record(hit: Bool, entries: Int) -> Int {
        requests += 1
        if hit { hits += 1 }
        guard requests >= Self.sample * max(1, entries) else { return 0 }
        let ratio = Double(hits) / Double(requests)
        let change = ratio - lastRatio
        let amount = change >= 0 ? step : -step
        step = abs(change) >= Self.restart ? (amount >= 0 ? firstStep : -firstStep) : Self.decay * amount
        lastRatio = ratio
        hits = 0
        requests = 0
        return Int(amount)
    }
}
