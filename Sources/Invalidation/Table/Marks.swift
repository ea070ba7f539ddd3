/// The newest records of one sort of selector, by their `n`; 0: none. A soft one older than a hard one is dropped (rule
/// 10), and records of unsafe methods stand apart, because they may be forgotten early (rule 21).
struct Marks: Sendable {
    private var hard: UInt64 = 0
    private(set) var soft: UInt64 = 0
    private var unsafeMethod: UInt64 = 0

    /// Whether an entry requested at `asOf` is gone.
    func isGone(_ asOf: UInt64) -> Bool { hard > asOf || unsafeMethod > asOf }

    /// Notes a record that is newer than all before it.
    mutating func note(_ record: InvalidationRecord) {
        switch (record.mode, record.cause) {
        case (.hard, .purge):
            self = Marks()
            hard = record.n
        case (.hard, .unsafeMethod): unsafeMethod = record.n
        case (.soft, _): soft = record.n
        }
    }
}
