/// The newest hard and newest soft `n` of one selector; 0: none. A soft one older than the hard is dropped (rule 10).
struct Marks {
    var hard: UInt64 = 0
    var soft: UInt64 = 0

    mutating func note(_ n: UInt64, _ mode: InvalidationMode) {
        switch mode {
        case .hard:
            hard = max(hard, n)
            if soft < hard { soft = 0 }
        case .soft:
            if n > hard { soft = max(soft, n) }
        }
    }

    func contains(_ n: UInt64) -> Bool { hard == n || soft == n }
    var isEmpty: Bool { hard == 0 && soft == 0 }
}

/// The state under the table's lock.
struct TableRecords {
    private(set) var floor: UInt64
    private var marks: [Selector: Marks] = [:]
    /// The prefixes in `marks`, by host: these can't be looked up by hash.
    private var prefixes: [[UInt8]: [[UInt8]]] = [:]
    private var newestTag = Marks()
    /// Every record applied and not trimmed, oldest first; `first` is where the live part begins.
    private var order: [InvalidationRecord] = []
    private var first = 0

    init(floor: UInt64) { self.floor = floor }

    var count: Int { marks.count }

    mutating func apply(_ record: InvalidationRecord) {
        for selector in record.selectors {
            if case .prefix(let host, let prefix) = selector, marks[selector] == nil {
                prefixes[host, default: []].append(prefix)
            }
            if case .tag = selector { newestTag.note(record.n, record.mode) }
            marks[selector, default: Marks()].note(record.n, record.mode)
        }
        order.append(record)
    }

    func judge(_ subject: InvalidationSubject, asOf: UInt64) -> Verdict {
        if asOf < floor { return .unknown }
        var soft = false
        /// Whether the selector has a hard record after `asOf`; notes a soft one.
        func selects(_ marks: Marks?) -> Bool {
            guard let marks else { return false }
            if marks.soft > asOf { soft = true }
            return marks.hard > asOf
        }
        if selects(marks[.all]) { return .gone }
        let host = Array(subject.host)
        let name = Array(subject.hostName)
        if selects(marks[.host(name)]) { return .gone }
        let target = subject.target
        if selects(marks[.url(host: name, target: target)]) { return .gone }
        if name != host, selects(marks[.url(host: host, target: target)]) { return .gone }
        for owner in name == host ? [name] : [name, host] {
            for prefix in prefixes[owner] ?? [] where subject.targetHasPrefix(prefix) {
                if selects(marks[.prefix(host: owner, prefix: prefix)]) { return .gone }
            }
        }
        if subject.tagsCut, selects(newestTag) { return .gone }
        if newestTag.hard > asOf || newestTag.soft > asOf {
            if subject.anyTag({ selects(marks[.tag($0)]) }) { return .gone }
        }
        return soft ? .stale : .valid
    }

    mutating func trim(acceptedBefore time: Int64, maxRecords: Int) -> UInt64 {
        while first < order.count, order[first].acceptedAt < time || order.count - first > maxRecords {
            let record = order[first]
            for selector in record.selectors { forget(record.n, of: selector) }
            floor = max(floor, record.n)
            first += 1
        }
        if first > 1024, first > order.count / 2 {
            order.removeFirst(first)
            first = 0
        }
        return floor
    }

    private mutating func forget(_ n: UInt64, of selector: Selector) {
        guard var marks = marks[selector], marks.contains(n) else { return }
        if marks.hard == n { marks.hard = 0 }
        if marks.soft == n { marks.soft = 0 }
        guard marks.isEmpty else {
            self.marks[selector] = marks
            return
        }
        self.marks[selector] = nil
        if case .prefix(let host, let prefix) = selector {
            prefixes[host]?.removeAll { $0 == prefix }
            if prefixes[host]?.isEmpty == true { prefixes[host] = nil }
        }
    }

    /// Records that still stand for a mark, each with only the selectors it stands for.
    func liveRecords() -> [InvalidationRecord] {
        order[first...].compactMap { record in
            var live = record
            live.selectors = record.selectors.filter { marks[$0]?.contains(record.n) == true }
            return live.selectors.isEmpty ? nil : live
        }
    }
}
