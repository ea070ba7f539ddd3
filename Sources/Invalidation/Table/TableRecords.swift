/// The state under the table's lock: selectors with their marks, and the records that the marks stand for. A million tags
/// of twenty bytes take less than 100 MB.
struct TableRecords: Sendable {
    private(set) var floor: UInt64
    private var selectors = SelectorStore()
    private var records = RecordQueue()
    /// The prefixes among the selectors, by host, and the globs: these can't be looked up by hash.
    private var prefixes: [[UInt8]: PatternList<[UInt8]>] = [:]
    private var globs = PatternList<Glob>()
    private var newestTag = Marks()
    /// The stamp of the table before this took the place of another state.
    var installedAt: UInt64 = 0
    /// Records of unsafe methods that were dropped for their quota while they stood for something.
    private(set) var droppedUnsafeMethods: UInt64 = 0

    init(floor: UInt64) { self.floor = floor }

    var count: Int { selectors.count }
    /// Bytes held by what grows with every selector.
    var footprint: Int { selectors.footprint + records.footprint }

    // MARK: Applying

    /// - Parameter stamp: of the table before this change. A reader who loads a higher one finds the change made.
    mutating func apply(_ record: InvalidationRecord, stamp: UInt64) {
        let place = records.append(record)
        var numbers: [UInt32] = []
        for selector in record.selectors {
            switch selector {
            case .prefix(let host, let prefix):
                prefixes[host, default: PatternList()].note(prefix, record.n, stamp: stamp)
            case .glob(let pattern): globs.note(Glob(pattern), record.n, stamp: stamp)
            case .tag: newestTag.note(record)
            case .url, .host, .all: break
            }
            let number = selectors.insert(selector)
            // Naming a selector twice marks it once.
            if selectors[number].contains(place) { continue }
            note(record, place, at: number)
            numbers.append(UInt32(number))
        }
        records.gained(numbers)
        if records.wantsCompaction { records.compact { selectors.moveMarks($0) } }
    }

    /// A soft record older than a hard one tells nothing any more (rule 10).
    private mutating func note(_ record: InvalidationRecord, _ place: UInt32, at number: Int) {
        let before = selectors[number]
        var marks = before
        switch (record.mode, record.cause) {
        case (.hard, .purge): marks = SelectorStore.Marks(hard: place)
        case (.hard, .unsafeMethod): marks.unsafeMethod = place
        case (.soft, _): marks.soft = place
        }
        selectors[number] = marks
        for old in [before.hard, before.soft, before.unsafeMethod] where old != 0 && !marks.contains(old) {
            records.lost(old)
        }
    }

    // MARK: Judging

    /// - Parameter checkedBelow: changes of the table with a lower stamp are known not to select the subject.
    func judge(_ subject: InvalidationSubject, asOf: UInt64, checkedBelow: UInt64 = 0) -> Verdict {
        var soft = false
        /// Whether the selector has a hard record after `asOf`; notes a soft one.
        func selects(_ number: Int?) -> Bool {
            guard let number else { return false }
            let marks = selectors[number]
            if records.n(marks.soft) > asOf { soft = true }
            return records.n(marks.hard) > asOf || records.n(marks.unsafeMethod) > asOf
        }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        if selects(selectors.find(.all, nothing, nothing)) { return .gone }
        let (name, host) = (subject.hostName, subject.host)
        if selects(selectors.find(.host, name, nothing)) { return .gone }
        let target = subject.target
        if target.withUnsafeBytes({ selects(selectors.find(.url, name, $0)) }) { return .gone }
        if name.count != host.count, target.withUnsafeBytes({ selects(selectors.find(.url, host, $0)) }) {
            return .gone
        }
        // What was put in as a whole counts from when it was.
        let unchecked = checkedBelow > installedAt + 1 ? checkedBelow - 1 : 0
        if selectsByPattern(subject, target, asOf, unchecked, selects) { return .gone }
        if subject.tagsCut {
            if newestTag.soft > asOf { soft = true }
            if newestTag.isGone(asOf) { return .gone }
        }
        if newestTag.isGone(asOf) || newestTag.soft > asOf {
            if subject.anyTag({ selects(selectors.find(.tag, $0, nothing)) }) { return .gone }
        }
        // Last: of what is selected for certain no 304 may make a current one (rule 6).
        if asOf < floor { return .unknown }
        return soft ? .stale : .valid
    }

    private func selectsByPattern(
        _ subject: InvalidationSubject, _ target: [UInt8], _ asOf: UInt64, _ unchecked: UInt64,
        _ selects: (Int?) -> Bool
    ) -> Bool {
        guard !prefixes.isEmpty || !globs.isEmpty else { return false }
        let (host, name) = (Array(subject.host), Array(subject.hostName))
        for owner in name == host ? [name] : [name, host] {
            let new = prefixes[owner]?.patterns(after: asOf, notBelow: unchecked) ?? []
            for prefix in new where target.starts(with: prefix) {
                if selects(selectors.find(.prefix(host: owner, prefix: prefix))) { return true }
            }
        }
        let newGlobs = globs.patterns(after: asOf, notBelow: unchecked)
        guard !newGlobs.isEmpty else { return false }
        let texts = GlobTexts(host: host, name: name, target: target)
        return newGlobs.contains { texts.match($0) && selects(selectors.find(.glob($0.pattern))) }
    }

    // MARK: Dropping

    /// What purges lose raises the floor (rule 13); what unsafe methods lose never does (rule 21).
    mutating func trim(acceptedBefore time: Int64, maxRecords: Int) -> UInt64 {
        for place in records.due(.purge, acceptedBefore: time, most: maxRecords, limit: .max) {
            floor = max(floor, records.n(place))
            forget(place, .purge)
        }
        let quota = maxRecords / Self.unsafeMethodShare
        for place in records.due(.unsafeMethod, acceptedBefore: time, most: quota, limit: .max) {
            if records.record(place, []).acceptedAt >= time { droppedUnsafeMethods += 1 }
            forget(place, .unsafeMethod)
        }
        return floor
    }

    /// What `trim` would drop, at most `limit` of each kind, and the floor after it.
    func trimmable(acceptedBefore time: Int64, maxRecords: Int, limit: Int) -> TrimmedRecords {
        let purges = records.due(.purge, acceptedBefore: time, most: maxRecords, limit: limit)
        let unsafeMethods = records.due(
            .unsafeMethod, acceptedBefore: time, most: maxRecords / Self.unsafeMethodShare, limit: limit)
        return TrimmedRecords(
            floor: max(floor, purges.last.map { records.n($0) } ?? 0), purges: purges.map(liveRecord),
            unsafeMethods: unsafeMethods.map(liveRecord))
    }

    /// Drops the records of purges up to `n`: the log has.
    mutating func raise(floor n: UInt64) {
        guard n > floor else { return }
        floor = n
        for place in records.due(.purge, upTo: n, limit: .max) { forget(place, .purge) }
    }

    /// Takes one record out, as if it had not been.
    mutating func remove(_ record: InvalidationRecord) {
        guard let place = records.place(record.n) else { return }
        for selector in record.selectors {
            guard let number = selectors.find(selector), selectors[number].contains(place) else { continue }
            forget(place, at: number)
        }
    }

    /// Unsafe methods get one part in so many of `purge.max_records`.
    private static let unsafeMethodShare = 10

    /// The oldest record of its cause is dropped.
    private mutating func forget(_ place: UInt32, _ cause: InvalidationCause) {
        for number in records.selectors(place) where selectors[Int(number)].contains(place) {
            forget(place, at: Int(number))
        }
        records.passed(cause, place)
    }

    private mutating func forget(_ place: UInt32, at number: Int) {
        records.lost(place)
        selectors[number].forget(place)
        guard selectors[number].isEmpty else { return }
        switch selectors.selector(number) {
        case .prefix(let host, let prefix):
            prefixes[host]?.forget(prefix)
            if prefixes[host]?.isEmpty == true { prefixes[host] = nil }
        case .glob(let pattern): globs.forget(Glob(pattern))
        case .url, .tag, .host, .all: break
        }
        selectors.remove(number)
    }

    // MARK: Telling

    /// Records that still stand for a mark, in order, each with only the selectors it stands for.
    func liveRecords() -> [InvalidationRecord] { records.livePlaces.map(liveRecord) }

    private func liveRecord(_ place: UInt32) -> InvalidationRecord {
        let numbers = records.selectors(place).filter { selectors[Int($0)].contains(place) }
        return records.record(place, numbers.map { selectors.selector(Int($0)) })
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
