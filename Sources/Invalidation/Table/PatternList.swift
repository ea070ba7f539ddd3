/// Selectors that can't be looked up by hash, in the order of their newest records: a look at an entry goes from the
/// newest back to the last record that the entry was checked against, so each is matched once for each entry.
struct PatternList<Pattern: Hashable & Sendable>: Sendable {
    private struct Item {
        var pattern: Pattern
        /// Of the newest record that names it; an item with an older one is dead.
        var n: UInt64
        /// Of the table before that record was applied.
        var stamp: UInt64
    }

    private var items: [Item] = []
    private var newest: [Pattern: UInt64] = [:]

    var isEmpty: Bool { newest.isEmpty }

    /// Notes that record `n`, the newest of all, names the pattern.
    mutating func note(_ pattern: Pattern, _ n: UInt64, stamp: UInt64) {
        if newest.updateValue(n, forKey: pattern) == n { return }
        items.append(Item(pattern: pattern, n: n, stamp: stamp))
        // Dead items go once they are the most: amortised constant time a record.
        if items.count > 2 * newest.count + 64 { items.removeAll { newest[$0.pattern] != $0.n } }
    }

    mutating func forget(_ pattern: Pattern) { newest[pattern] = nil }

    /// Those with a record after `asOf` that was applied at this stamp or later, newest first.
    func patterns(after asOf: UInt64, notBelow stamp: UInt64) -> [Pattern] {
        var found: [Pattern] = []
        for item in items.reversed() {
            guard item.n > asOf, item.stamp >= stamp else { break }
            if newest[item.pattern] == item.n { found.append(item.pattern) }
        }
        return found
    }
}
