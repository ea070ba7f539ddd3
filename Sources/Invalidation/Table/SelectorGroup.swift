/// What a table knows, beside the hash of all selectors, of those that select in every partition, or of those that are
/// restricted to one.
struct SelectorGroup: Sendable {
    /// Prefixes by host, and globs: these can't be looked up by hash.
    private var prefixes: [[UInt8]: PatternList<[UInt8]>] = [:]
    private(set) var globs = PatternList<Glob>()
    private(set) var newestTag = Marks()

    var hasPatterns: Bool { !prefixes.isEmpty || !globs.isEmpty }

    /// Notes that the record, the newest of all, names the selector.
    mutating func note(_ selector: Selector, _ record: InvalidationRecord, stamp: UInt64) {
        switch selector {
        case .prefix(let host, let prefix):
            prefixes[host, default: PatternList()].note(prefix, record.n, stamp: stamp)
        case .glob(let pattern): globs.note(Glob(pattern), record.n, stamp: stamp)
        case .tag: newestTag.note(record)
        case .url, .host, .all, .partition: break
        case .restricted(_, let inner): note(inner, record, stamp: stamp)
        }
    }

    /// Notes that no record names the selector any more.
    mutating func forget(_ selector: Selector) {
        switch selector {
        case .prefix(let host, let prefix):
            prefixes[host]?.forget(prefix)
            if prefixes[host]?.isEmpty == true { prefixes[host] = nil }
        case .glob(let pattern): globs.forget(Glob(pattern))
        case .url, .tag, .host, .all, .partition: break
        case .restricted(_, let inner): forget(inner)
        }
    }

    /// As `PatternList.patterns`.
    func prefixes(of host: [UInt8], after asOf: UInt64, notBelow stamp: UInt64) -> [[UInt8]] {
        prefixes[host]?.patterns(after: asOf, notBelow: stamp) ?? []
    }
}
