/// The state under the table's lock.
struct TableRecords {
    private(set) var floor: UInt64
    private var marks: [Selector: Marks] = [:]
    /// The prefixes in `marks`, by host, and the globs: these can't be looked up by hash.
    private var prefixes: [[UInt8]: PatternList<[UInt8]>] = [:]
    private var globs = PatternList<Glob>()
    private var newestTag = Marks()
    private var purges = RecordQueue()
    private var unsafeMethods = RecordQueue()
    /// Records of unsafe methods that were dropped for their quota while they stood for something.
    private(set) var droppedUnsafeMethods: UInt64 = 0

    init(floor: UInt64) { self.floor = floor }

    var count: Int { marks.count }

    mutating func apply(_ record: InvalidationRecord) {
        append(record)
        for selector in record.selectors {
            switch selector {
            case .prefix(let host, let prefix): prefixes[host, default: PatternList()].note(prefix, record.n)
            case .glob(let pattern): globs.note(Glob(pattern), record.n)
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

    /// - Parameter mark: no record up to this one selects the subject; at least `asOf`.
    func judge(_ subject: InvalidationSubject, asOf: UInt64, checkedUpTo mark: UInt64) -> Verdict {
        if asOf < floor { return .unknown }
        var soft = false
        /// Whether the selector has a hard record after `asOf`; notes a soft one.
        func selects(_ marks: Marks?) -> Bool {
            guard let marks else { return false }
            if marks.soft > asOf { soft = true }
            return marks.isGone(asOf)
        }
        if selects(marks[.all]) { return .gone }
        let host = Array(subject.host)
        let name = Array(subject.hostName)
        if selects(marks[.host(name)]) { return .gone }
        let target = subject.target
        if selects(marks[.url(host: name, target: target)]) { return .gone }
        if name != host, selects(marks[.url(host: host, target: target)]) { return .gone }
        for owner in name == host ? [name] : [name, host] {
            for prefix in prefixes[owner]?.patterns(after: mark) ?? [] where subject.targetHasPrefix(prefix) {
                if selects(marks[.prefix(host: owner, prefix: prefix)]) { return .gone }
            }
        }
        let newGlobs = globs.patterns(after: mark)
        if !newGlobs.isEmpty {
            let texts = GlobTexts(host: host, name: name, target: target)
            for glob in newGlobs where texts.match(glob) && selects(marks[.glob(glob.pattern)]) { return .gone }
        }
        if subject.tagsCut, selects(newestTag) { return .gone }
        if newestTag.isGone(asOf) || newestTag.soft > asOf {
            if subject.anyTag({ selects(marks[.tag($0)]) }) { return .gone }
        }
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
