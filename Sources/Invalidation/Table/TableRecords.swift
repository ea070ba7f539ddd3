/// The state under the table's lock: selectors with their marks, and the records that the marks stand for. A million tags
/// of twenty bytes take less than 100 MB.
struct TableRecords: Sendable {
    private(set) var floor: UInt64
    private var selectors = SelectorStore()
    private var records = RecordQueue()
    /// What selects in every partition, and what only in one, by its name.
    private var everywhere = SelectorGroup()
    /// A group stays, as `newestTag` of everything does: there are no more than partitions.
    private var partitions: [[UInt8]: SelectorGroup] = [:]
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
            withGroup(of: selector) { $0.note(selector, record, stamp: stamp) }
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
        // What was put in as a whole counts from when it was.
        let unchecked = checkedBelow > installedAt + 1 ? checkedBelow - 1 : 0
        var soft = false
        if isGone(subject, by: everywhere, within: nil, asOf, unchecked, &soft) { return .gone }
        if !partitions.isEmpty {
            let name = subject.partitionName
            if let group = partitions[name], isGone(subject, by: group, within: name, asOf, unchecked, &soft) {
                return .gone
            }
        }
        // Last: of what is selected for certain no 304 may make a current one (rule 6).
        if asOf < floor { return .unknown }
        return soft ? .stale : .valid
    }

    /// Whether a selector of the group has a hard record after `asOf`; notes a soft one.
    private func isGone(
        _ subject: InvalidationSubject, by group: SelectorGroup, within partition: [UInt8]?, _ asOf: UInt64,
        _ unchecked: UInt64, _ soft: inout Bool
    ) -> Bool {
        func selects(
            _ kind: Selector.Kind, _ first: UnsafeRawBufferPointer,
            _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
        ) -> Bool {
            guard let number = find(kind, first, second, within: partition) else { return false }
            let marks = selectors[number]
            if records.n(marks.soft) > asOf { soft = true }
            return records.n(marks.hard) > asOf || records.n(marks.unsafeMethod) > asOf
        }
        if selects(.all, UnsafeRawBufferPointer(start: nil, count: 0)) { return true }
        let (name, host) = (subject.hostName, subject.host)
        if selects(.host, name) { return true }
        let target = subject.target
        if target.withUnsafeBytes({ selects(.url, name, $0) }) { return true }
        if name.count != host.count, target.withUnsafeBytes({ selects(.url, host, $0) }) { return true }
        if group.hasPatterns {
            let (host, name) = (Array(host), Array(name))
            for owner in name == host ? [name] : [name, host] {
                let new = group.prefixes(of: owner, after: asOf, notBelow: unchecked)
                for prefix in new where target.starts(with: prefix) {
                    let isGone = owner.withUnsafeBytes { owner in
                        prefix.withUnsafeBytes { selects(.prefix, owner, $0) }
                    }
                    if isGone { return true }
                }
            }
            let new = group.globs.patterns(after: asOf, notBelow: unchecked)
            if !new.isEmpty {
                let texts = GlobTexts(host: host, name: name, target: target)
                for glob in new where texts.match(glob) {
                    if glob.pattern.withUnsafeBytes({ selects(.glob, $0) }) { return true }
                }
            }
        }
        if subject.tagsCut {
            if group.newestTag.soft > asOf { soft = true }
            if group.newestTag.isGone(asOf) { return true }
        }
        guard group.newestTag.isGone(asOf) || group.newestTag.soft > asOf else { return false }
        return subject.anyTag { selects(.tag, $0) }
    }

    /// - Parameter partition: looks for the selector that is restricted to it.
    private func find(
        _ kind: Selector.Kind, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
        within partition: [UInt8]?
    ) -> Int? {
        guard var packed = partition else { return selectors.find(kind, first, second) }
        // As `Selector.strings` has it.
        if kind != .all {
            packed.append(0)
            packed.append(contentsOf: first)
        }
        return packed.withUnsafeBytes { selectors.find(kind.within, $0, second) }
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
        let selector = selectors.selector(number)
        withGroup(of: selector) { $0.forget(selector) }
        selectors.remove(number)
    }

    private mutating func withGroup(of selector: Selector, _ change: (inout SelectorGroup) -> Void) {
        if let partition = selector.partition {
            change(&partitions[partition, default: SelectorGroup()])
        } else {
            change(&everywhere)
        }
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
