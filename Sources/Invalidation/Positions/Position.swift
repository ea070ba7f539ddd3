/// A place in the invalidation log (invalidation.md, "Words"): `epoch` is random and names one life of one log, `n`
/// counts its records 1, 2, 3, … and is 0 before the first. Positions of different epochs do not compare, which is
/// why this type is not `Comparable`.
package struct Position: Sendable, Hashable {
    package var epoch: UInt64
    package var n: UInt64

    package init(epoch: UInt64, n: UInt64) {
        self.epoch = epoch
        self.n = n
    }

    /// The text form that answers and `curl` show: the epoch in hex, a dash, `n` in decimal.
    package var text: String {
        let hex = String(epoch, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex + "-" + String(n)
    }
}
