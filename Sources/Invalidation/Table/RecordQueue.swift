/// Records in the order of their `n`, each with the number of marks that it still stands for. One that stands for none
/// tells nothing any more and counts for nothing, so the queue's size follows the selectors that live. Which selectors a
/// record names, `SelectorStore` has; here are their numbers. A place is 1 for the oldest record kept, and moves when
/// the queue is compacted.
struct RecordQueue: Sendable {
    private struct Item {
        var n: UInt64
        var nonce: UInt64
        var acceptedAt: Int64
        /// The number of its only selector, or `many`.
        var selector: UInt32
        var liveMarks: UInt16
        /// The mode in the low four bits, the cause in the high ones.
        var kind: UInt8

        var cause: InvalidationCause { kind >> 4 == InvalidationCause.purge.rawValue ? .purge : .unsafeMethod }
        var mode: InvalidationMode { kind & 0xf == InvalidationMode.hard.rawValue ? .hard : .soft }
    }

    private static let many = UInt32.max

    /// Of one cause: where its oldest record that may live is, and how many live.
    private struct Part {
        var first = 0
        var liveCount = 0
    }

    private var items = Chunks<Item>()
    private var purges = Part()
    private var unsafeMethods = Part()
    /// The selectors of records that name more than one, by `n`.
    private var selectors: [UInt64: [UInt32]] = [:]

    // MARK: Looking

    func n(_ place: UInt32) -> UInt64 { place == 0 ? 0 : items[Int(place) - 1].n }

    /// The place of record `n`.
    func place(_ n: UInt64) -> UInt32? {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].n < n { low = middle + 1 } else { high = middle }
        }
        return low < items.count && items[low].n == n ? UInt32(low + 1) : nil
    }

    /// Numbers in `SelectorStore`; some may stand for other selectors by now, which have no mark of this record.
    func selectors(_ place: UInt32) -> [UInt32] {
        let item = items[Int(place) - 1]
        return item.selector == Self.many ? selectors[item.n] ?? [] : [item.selector]
    }

    /// The record at a place, with these selectors.
    func record(_ place: UInt32, _ selectors: [Selector]) -> InvalidationRecord {
        let item = items[Int(place) - 1]
        return InvalidationRecord(
            n: item.n, nonce: item.nonce, mode: item.mode, cause: item.cause, selectors: selectors,
            acceptedAt: item.acceptedAt)
    }

    /// Those that live, oldest first.
    var livePlaces: [UInt32] { items.indices.filter { items[$0].liveMarks > 0 }.map { UInt32($0 + 1) } }

    // MARK: Changing

    /// Adds the newest record, before its marks are counted with `gained`. Returns its place.
    mutating func append(_ record: InvalidationRecord) -> UInt32 {
        items.append(
            Item(
                n: record.n, nonce: record.nonce, acceptedAt: record.acceptedAt, selector: Self.many, liveMarks: 0,
                kind: record.mode.rawValue | record.cause.rawValue << 4))
        return UInt32(items.count)
    }

    /// The newest record names these selectors, and stands for a mark of each.
    mutating func gained(_ numbers: [UInt32]) {
        guard let item = items.indices.last, !numbers.isEmpty else { return }
        items[item].liveMarks = UInt16(clamping: numbers.count)
        if numbers.count == 1 { items[item].selector = numbers[0] } else { selectors[items[item].n] = numbers }
        change(items[item].cause) { $0.liveCount += 1 }
    }

    /// The record stands for one mark less.
    mutating func lost(_ place: UInt32) {
        let index = Int(place) - 1
        guard items[index].liveMarks > 0 else { return }
        items[index].liveMarks -= 1
        if items[index].liveMarks == 0 { died(index) }
    }

    private mutating func died(_ index: Int) {
        change(items[index].cause) { $0.liveCount -= 1 }
        if items[index].selector == Self.many { selectors[items[index].n] = nil }
    }

    private mutating func change(_ cause: InvalidationCause, _ body: (inout Part) -> Void) {
        if cause == .purge { body(&purges) } else { body(&unsafeMethods) }
    }

    private func part(_ cause: InvalidationCause) -> Part { cause == .purge ? purges : unsafeMethods }

    // MARK: The oldest

    /// What is due to be dropped of a cause: accepted before `time`, or beyond `most` that live; the first so many.
    func due(_ cause: InvalidationCause, acceptedBefore time: Int64, most: Int, limit: Int) -> [UInt32] {
        let part = part(cause)
        return oldest(cause, limit: limit) { $0.acceptedAt < time || part.liveCount - $1 > most }
    }

    /// Those of a cause up to `n`.
    func due(_ cause: InvalidationCause, upTo n: UInt64, limit: Int) -> [UInt32] {
        oldest(cause, limit: limit) { item, _ in item.n <= n }
    }

    private func oldest(_ cause: InvalidationCause, limit: Int, _ isDue: (Item, Int) -> Bool) -> [UInt32] {
        var found: [UInt32] = []
        var index = part(cause).first
        while index < items.count {
            let item = items[index]
            if item.liveMarks > 0, item.cause == cause {
                guard found.count < limit, isDue(item, found.count) else { break }
                found.append(UInt32(index + 1))
            }
            index += 1
        }
        return found
    }

    /// Takes note that what is older than this place has died: the next look at the oldest begins there.
    mutating func passed(_ cause: InvalidationCause, _ place: UInt32) {
        change(cause) { $0.first = max($0.first, Int(place)) }
    }

    // MARK: Room

    /// Whether most records are dead.
    var wantsCompaction: Bool { items.count > 2 * (purges.liveCount + unsafeMethods.liveCount) + 1024 }

    /// Lets go of dead records. Calls back with the old places to new ones; 0 for those that are gone.
    mutating func compact(_ moved: ((UInt32) -> UInt32) -> Void) {
        var places = [UInt32](repeating: 0, count: items.count + 1)
        var kept = Chunks<Item>()
        for index in items.indices where items[index].liveMarks > 0 {
            kept.append(items[index])
            places[index + 1] = UInt32(kept.count)
        }
        items = kept
        purges.first = 0
        unsafeMethods.first = 0
        moved { places[Int($0)] }
    }

    /// Bytes held, but for the lists of records with many selectors.
    var footprint: Int { items.footprint }
}
