/// Records in the order of their `n`, each with the number of marks that it still stands for. One that stands for none
/// tells nothing any more and counts for nothing, so the queue's size follows the selectors that live.
struct RecordQueue {
    struct Item {
        var record: InvalidationRecord
        var liveMarks: Int
    }

    private var items: [Item] = []
    /// Where the kept part begins.
    private var first = 0
    /// Records that stand for at least one mark.
    private(set) var liveCount = 0

    var live: [InvalidationRecord] { items[first...].filter { $0.liveMarks > 0 }.map(\.record) }

    /// Adds the newest record, before its marks are counted with `gained`.
    mutating func append(_ record: InvalidationRecord) { items.append(Item(record: record, liveMarks: 0)) }

    /// The newest record stands for one more mark.
    mutating func gained() {
        items[items.count - 1].liveMarks += 1
        if items[items.count - 1].liveMarks == 1 { liveCount += 1 }
    }

    /// The record `n`, if it is here, stands for one mark less.
    mutating func lost(_ n: UInt64) {
        var (low, high) = (first, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].record.n < n { low = middle + 1 } else { high = middle }
        }
        guard low < items.count, items[low].record.n == n, items[low].liveMarks > 0 else { return }
        items[low].liveMarks -= 1
        if items[low].liveMarks == 0 { liveCount -= 1 }
    }

    /// Takes out the oldest record that lives, if it was accepted before `time` or there are more than `most`.
    mutating func removeOldest(acceptedBefore time: Int64, most: Int) -> InvalidationRecord? {
        removeOldest { $0.acceptedAt < time || $1 > most }
    }

    /// Takes out the oldest record that lives, if its `n` is no higher.
    mutating func removeOldest(upTo n: UInt64) -> InvalidationRecord? { removeOldest { record, _ in record.n <= n } }

    /// - Parameter isDue: of the oldest that lives, and how many live.
    private mutating func removeOldest(_ isDue: (InvalidationRecord, Int) -> Bool) -> InvalidationRecord? {
        while first < items.count, items[first].liveMarks == 0 { first += 1 }
        defer { compact() }
        guard first < items.count, isDue(items[first].record, liveCount) else { return nil }
        liveCount -= 1
        items[first].liveMarks = 0
        first += 1
        return items[first - 1].record
    }

    /// What `removeOldest(acceptedBefore:most:)` would take out, the first so many of it.
    func removable(acceptedBefore time: Int64, most: Int, limit: Int) -> [InvalidationRecord] {
        var found: [InvalidationRecord] = []
        for item in items[first...] where item.liveMarks > 0 {
            guard found.count < limit, item.record.acceptedAt < time || liveCount - found.count > most else { break }
            found.append(item.record)
        }
        return found
    }

    /// Gives memory back once most of it is dead: amortised constant time a record.
    private mutating func compact() {
        guard items.count > 2 * liveCount + 1024 else { return }
        items = items[first...].filter { $0.liveMarks > 0 }
        first = 0
    }
}
