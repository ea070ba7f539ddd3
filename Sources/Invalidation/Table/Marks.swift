/// The newest records of one selector, by their `n`; 0: none. A soft one older than a hard one is dropped (rule 10).
struct Marks {
    var hard: UInt64 = 0
    var soft: UInt64 = 0
    /// Hard, of an unsafe method. Apart from `hard`, because it may be forgotten early: it must not stand in for a purge
    /// that may not (rule 21).
    var unsafeMethod: UInt64 = 0

    /// Whether an entry requested at `asOf` is gone.
    func isGone(_ asOf: UInt64) -> Bool { hard > asOf || unsafeMethod > asOf }

    /// Notes a record that is newer than all before it. Returns the `n`s that it takes the place of; 0: none.
    mutating func note(_ record: InvalidationRecord) -> (UInt64, UInt64, UInt64) {
        let before = self
        switch (record.mode, record.cause) {
        case (.hard, .purge): self = Marks(hard: record.n)
        case (.hard, .unsafeMethod): unsafeMethod = record.n
        case (.soft, _): soft = record.n
        }
        return (
            before.hard == hard ? 0 : before.hard, before.soft == soft ? 0 : before.soft,
            before.unsafeMethod == unsafeMethod ? 0 : before.unsafeMethod
        )
    }

    mutating func forget(_ n: UInt64) {
        if hard == n { hard = 0 }
        if soft == n { soft = 0 }
        if unsafeMethod == n { unsafeMethod = 0 }
    }

    func contains(_ n: UInt64) -> Bool { hard == n || soft == n || unsafeMethod == n }
    var isEmpty: Bool { hard == 0 && soft == 0 && unsafeMethod == 0 }
}
