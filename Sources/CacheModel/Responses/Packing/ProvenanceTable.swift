internal import Synchronization

/// The pairs of log epoch and instance that stored responses come from, by number: a process meets few of them, and an
/// entry keeps two bytes instead of sixteen. It only grows, up to `most`; pairs beyond it have no number, and their
/// entries keep them in full.
package final class ProvenanceTable: @unchecked Sendable {
    // Safe because a place of `pairs` is written once, under the mutex, before anyone has its number; who reads it got
    // the number from a stored response that was made after that, or through `last` with acquire and release.

    package struct Pair: Hashable, Sendable {
        package var epoch: UInt64
        package var instance: UInt64

        package init(epoch: UInt64, instance: UInt64) {
            self.epoch = epoch
            self.instance = instance
        }
    }

    package static let shared = ProvenanceTable(most: 1 << 14)

    package let most: Int
    private let pairs: UnsafeMutablePointer<Pair>
    private let numbers = Mutex<[Pair: UInt16]>([:])
    /// The number given out last, plus 1: nearly always the next one asked for.
    private let last = Atomic<Int>(0)

    /// - Parameter most: at most 65,536.
    package init(most: Int) {
        precondition((1...1 << 16).contains(most), "numbers have 16 bits")
        self.most = most
        pairs = .allocate(capacity: most)
    }

    deinit { pairs.deallocate() }

    /// Nil when the table is full and does not have the pair. Any thread.
    package func number(epoch: UInt64, instance: UInt64) -> UInt16? {
        let pair = Pair(epoch: epoch, instance: instance)
        let hint = last.load(ordering: .acquiring)
        if hint > 0, pairs[hint - 1] == pair { return UInt16(hint - 1) }
        let number: UInt16? = numbers.withLock { numbers in
            if let known = numbers[pair] { return known }
            guard numbers.count < most else { return nil }
            let number = UInt16(numbers.count)
            (pairs + numbers.count).initialize(to: pair)
            numbers[pair] = number
            return number
        }
        if let number { last.store(Int(number) + 1, ordering: .releasing) }
        return number
    }

    /// - Parameter number: one that `number(epoch:instance:)` gave.
    package func pair(_ number: UInt16) -> Pair { pairs[Int(number)] }
}
