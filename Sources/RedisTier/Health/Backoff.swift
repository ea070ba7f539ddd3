/// The pause before the next connection attempt: doubles from 50 ms to 1 s, less a random half, so that the instances
/// of a fleet don't come back in step. Never above 1 s: a server that came back is in use again within 2.
package struct Backoff: Sendable, Equatable {
    package static let first: Int64 = 50
    package static let last: Int64 = 1000

    private var ceiling = first

    package init() {}

    /// Milliseconds to wait now.
    /// - Parameter random: any number; decides where between half and whole.
    package mutating func next(random: UInt64) -> Int64 {
        let half = ceiling / 2
        let pause = half + Int64(random % UInt64(ceiling - half + 1))
        ceiling = min(ceiling * 2, Self.last)
        return pause
    }

    package mutating func reset() { ceiling = Self.first }
}
