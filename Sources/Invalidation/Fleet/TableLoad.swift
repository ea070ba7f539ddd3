/// A table that is read whole while others append (rule 11): the parts of a scan, each as of its own moment, and then
/// the feed from where the scan began. What it holds when the feed has been read past everything that the scan saw is
/// the table of that moment.
struct TableLoad {
    let epoch: UInt64
    /// Where the log stood before the scan, and the nonce of that record.
    let start: UInt64
    let startNonce: UInt64?
    private(set) var floor: UInt64
    /// Up to where the feed was read.
    private(set) var n: UInt64
    private(set) var nonce: UInt64?
    /// The newest record that the scan saw.
    private var newestSeen: UInt64 = 0
    private var marks: [Selector: SelectorMarks] = [:]

    init(epoch: UInt64, start: UInt64, nonce: UInt64?, floor: UInt64) {
        self.epoch = epoch
        self.start = start
        startNonce = nonce
        self.nonce = nonce
        self.floor = floor
        n = start
    }

    /// Whether the feed was read past everything that the scan saw.
    var isWhole: Bool { n >= newestSeen }

    mutating func add(_ reply: ScanReply) {
        for (selector, found) in reply.marks {
            newestSeen = max(newestSeen, found.newest)
            var marks = self.marks[selector] ?? SelectorMarks()
            marks.note(.hard, .purge, found.hard)
            marks.note(.soft, .purge, found.soft)
            marks.note(.hard, .unsafeMethod, found.unsafeMethod)
            self.marks[selector] = marks
        }
    }

    /// The log dropped records meanwhile.
    mutating func raise(floor: UInt64) { self.floor = max(self.floor, floor) }

    /// The next element of the feed. False: something is missing before it, or it is of another life.
    mutating func add(_ item: FeedItem) -> Bool {
        guard item.epoch == epoch, item.n == n + 1 else { return false }
        n = item.n
        nonce = item.nonce
        guard let record = item.record else { return true }
        for selector in record.selectors {
            marks[selector, default: SelectorMarks()].note(
                record.mode, record.cause, SelectorMarks.Mark(n: record.n, acceptedAt: record.acceptedAt))
        }
        return true
    }

    /// As records in order, those of one `n` and sort together.
    var records: [InvalidationRecord] {
        struct Sort: Hashable {
            var n: UInt64
            var mode: InvalidationMode
            var cause: InvalidationCause
        }
        var found: [Sort: InvalidationRecord] = [:]
        func add(_ selector: Selector, _ mark: SelectorMarks.Mark, _ mode: InvalidationMode, _ cause: InvalidationCause)
        {
            guard mark.n > 0 else { return }
            let sort = Sort(n: mark.n, mode: mode, cause: cause)
            found[
                sort,
                default: InvalidationRecord(
                    n: mark.n, nonce: 0, mode: mode, cause: cause, selectors: [], acceptedAt: mark.acceptedAt)
            ].selectors.append(selector)
        }
        for (selector, marks) in marks {
            add(selector, marks.hard, .hard, .purge)
            add(selector, marks.soft, .soft, .purge)
            add(selector, marks.unsafeMethod, .hard, .unsafeMethod)
        }
        return found.values.sorted { $0.n < $1.n }
    }
}
