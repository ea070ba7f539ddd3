/// The state under the table's lock.
struct TableRecords {
    private(set) var floor: UInt64
    private var marks: [Selector: Marks] = [:]
    /// The prefixes in `marks`, by host, and the globs: these can't be looked up by hash.
    private var prefixes: [[UInt8]: PatternList<[UInt8]>] = [:]
    private var globs = PatternList<Glob>()
    private var newestTag = Marks()
    /// The stamp of the table before this took the place of another state.
    var installedAt: UInt64 = 0
    private var purges = RecordQueue()
    private var unsafeMethods = RecordQueue()
    /// Records of unsafe methods that were dropped for their quota while they stood for something.
    private(set) var droppedUnsafeMethods: UInt64 = 0

    init(floor: UInt64) { self.floor = floor }

    var count: Int { marks.count }

    /// - Parameter stamp: of the table before this change. A reader who loads a higher one finds the change made.
    mutating func apply(_ record: InvalidationRecord, stamp: UInt64) {
        append(record)
        for selector in record.selectors {
            switch selector {
            case .prefix(let host, let prefix): prefixes[host, default: PatternList()].note(prefix, record.n, stamp: stamp)
            case .glob(let pattern): globs.note(Glob(pattern), record.n, stamp: stamp)
            case .tag: _ = newestTag.note(record)
            case .url, .host, .all: break
            }
            // Naming a selector twice marks it once.
            if marks[selector]?.contains(record.n) == true { continue }
            let replaced = marks[selector, default: Marks()].note(record)
            for n in [replaced.0, replaced.1, replaced.2] where n > 0 {
                purges.lost(n)
                unsafeMethods.lost(n)
            }
            if record.cause == .purge { purges.gained() } else { unsafeMethods.gained() }
        }
    }

    private mutating func append(_ record: InvalidationRecord) {
        switch record.cause {
        case .purge: purges.append(record)
        case .unsafeMethod: unsafeMethods.append(record)
        }
    }

    /// - Parameter checkedBelow: changes of the table with a lower stamp are known not to select the subject.
    func judge(_ subject: InvalidationSubject, asOf: UInt64, checkedBelow: UInt64 = 0) -> Verdict {
        var soft = false
        /// Whether the selector has a hard record after `asOf`; notes a soft one.
        func selects(_ marks: Marks?) -> Bool {
            guard let marks else { return false }
            if marks.soft > asOf { soft = true }
            return marks.isGone(asOf)
        }
        // What was put in as a whole counts from when it was.
        let unchecked = checkedBelow > installedAt + 1 ? checkedBelow - 1 : 0
        if selects(marks[.all]) { return .gone }
        let host = Array(subject.host)
        let name = Array(subject.hostName)
        if selects(marks[.host(name)]) { return .gone }
        let target = subject.target
        if selects(marks[.url(host: name, target: target)]) { return .gone }
        if name != host, selects(marks[.url(host: host, target: target)]) { return .gone }
        for owner in name == host ? [name] : [name, host] {
            for prefix in prefixes[owner]?.patterns(after: asOf, notBelow: unchecked) ?? [] where subject.targetHasPrefix(prefix) {
                if selects(marks[.prefix(host: owner, prefix: prefix)]) { return .gone }
            }
        }
        let newGlobs = globs.patterns(after: asOf, notBelow: unchecked)
        if !newGlobs.isEmpty {
            let texts = GlobTexts(host: host, name: name, target: target)
            for glob in newGlobs where texts.match(glob) && selects(marks[.glob(glob.pattern)]) { return .gone }
        }
        if subject.tagsCut, selects(newestTag) { return .gone }
        if newestTag.isGone(asOf) || newestTag.soft > asOf {
            if subject.anyTag({ selects(marks[.tag($0)]) }) { return .gone }
        }
        // Last: of what is selected for certain no 304 may make a current one (rule 6).
        if asOf < floor { return .unknown }
        return soft ? .stale : .valid
    }

    /// What purges lose raises the floor (rule 13); what unsafe methods lose never does (rule 21).
    mutating func trim(acceptedBefore time: Int64, maxRecords: Int) -> UInt64 {
        while let record = purges.removeOldest(acceptedBefore: time, most: maxRecords) {
            for selector in record.selectors { forget(record.n, of: selector) }
            floor = max(floor, record.n)
        }
        let quota = maxRecords / Self.unsafeMethodShare
        while let record = unsafeMethods.removeOldest(acceptedBefore: time, most: quota) {
            for selector in record.selectors { forget(record.n, of: selector) }
            if record.acceptedAt >= time { droppedUnsafeMethods += 1 }
        }
        return floor
    }

    /// What `trim` would drop, at most `limit` of each kind, and the floor after it.
    func trimmable(acceptedBefore time: Int64, maxRecords: Int, limit: Int) -> TrimmedRecords {
        let due = purges.removable(acceptedBefore: time, most: maxRecords, limit: limit)
        return TrimmedRecords(
            floor: max(floor, due.last?.n ?? 0), purges: due,
            unsafeMethods: unsafeMethods.removable(
                acceptedBefore: time, most: maxRecords / Self.unsafeMethodShare, limit: limit))
    }

    /// Drops the records of purges up to `n`: the log has.
    mutating func raise(floor n: UInt64) {
        guard n > floor else { return }
        floor = n
        while let record = purges.removeOldest(upTo: n) {
            for selector in record.selectors { forget(record.n, of: selector) }
        }
    }

    /// Takes one record out, as if it had not been.
    mutating func remove(_ record: InvalidationRecord) {
        for selector in record.selectors where marks[selector]?.contains(record.n) == true {
            purges.lost(record.n)
            unsafeMethods.lost(record.n)
            forget(record.n, of: selector)
        }
    }

    /// Unsafe methods get one part in so many of `purge.max_records`.
    private static let unsafeMethodShare = 10

    private mutating func forget(_ n: UInt64, of selector: Selector) {
        guard var marks = marks[selector], marks.contains(n) else { return }
        marks.forget(n)
        guard marks.isEmpty else {
            self.marks[selector] = marks
            return
        }
        self.marks[selector] = nil
        switch selector {
        case .prefix(let host, let prefix):
            prefixes[host]?.forget(prefix)
            if prefixes[host]?.isEmpty == true { prefixes[host] = nil }
        case .glob(let pattern): globs.forget(Glob(pattern))
        case .url, .tag, .host, .all: break
        }
    }

    /// Records that still stand for a mark, each with only the selectors it stands for.
    func liveRecords() -> [InvalidationRecord] {
        let records = (purges.live + unsafeMethods.live).sorted { $0.n < $1.n }
        return records.map { record in
            var live = record
            live.selectors = record.selectors.filter { marks[$0]?.contains(record.n) == true }
            return live
        }
    }
}

/// What is due to be dropped from the table.
package struct TrimmedRecords: Sendable {
    /// The floor after it.
    package var floor: UInt64
    package var purges: [InvalidationRecord]
    package var unsafeMethods: [InvalidationRecord]

    package var isEmpty: Bool { purges.isEmpty && unsafeMethods.isEmpty }
}
