import TestSupport
import Invalidation
import Testing

/// The rules as they are written, with no index and no compaction: a list of records that is walked.
private struct Model {
    var records: [InvalidationRecord] = []
    var floor: UInt64 = 0
    var head: UInt64 = 0
    /// Of a tag, also when its record was dropped: an entry whose tag list was cut may have had that tag. By the
    /// partition that the selector is restricted to; "": to none.
    var newestHardTag: [String: UInt64] = [:]

    mutating func apply(_ record: InvalidationRecord) {
        head = record.n
        records.append(record)
        noteTags(of: record)
    }

    /// What the log holds is all that a table made from it knows.
    mutating func rebuild(from kept: [InvalidationRecord]) {
        newestHardTag = [:]
        for record in kept { noteTags(of: record) }
    }

    private mutating func noteTags(of record: InvalidationRecord) {
        guard record.mode == .hard else { return }
        for selector in record.selectors {
            switch selector {
            case .tag: newestHardTag[""] = record.n
            case .restricted(let partition, .tag): newestHardTag[String(decoding: partition, as: UTF8.self)] = record.n
            default: break
            }
        }
    }

    mutating func trim(acceptedBefore time: Int64, maxRecords: Int) {
        records = records.filter(isLive)
        drop(.purge, acceptedBefore: time, most: maxRecords)
        drop(.unsafeMethod, acceptedBefore: time, most: maxRecords / 10)
    }

    private mutating func drop(_ cause: InvalidationCause, acceptedBefore time: Int64, most: Int) {
        while let oldest = records.first(where: { $0.cause == cause }),
            oldest.acceptedAt < time || records.count(where: { $0.cause == cause }) > most
        {
            if cause == .purge { floor = max(floor, oldest.n) }
            records.removeAll { $0.n == oldest.n }
        }
    }

    /// Whether it is the newest of its kind for one of its selectors, with no hard purge of that selector after it.
    private func isLive(_ record: InvalidationRecord) -> Bool {
        record.selectors.contains { selector in
            !records.contains { later in
                later.n > record.n && later.selectors.contains(selector)
                    && (later.mode == .hard && later.cause == .purge
                        || later.mode == record.mode && (later.mode == .soft || later.cause == record.cause))
            }
        }
    }

    func verdict(_ entry: Entry, asOf: UInt64) -> Verdict {
        if asOf >= head { return .valid }
        let after = records.filter { $0.n > asOf && $0.selectors.contains { selects($0, entry) } }
        if after.contains(where: { $0.mode == .hard }) { return .gone }
        let partition = entry.partition.isEmpty ? "default" : entry.partition
        if entry.tagsCut, max(newestHardTag[""] ?? 0, newestHardTag[partition] ?? 0) > asOf { return .gone }
        // What is selected for certain is gone, whatever else may have been.
        if asOf < floor { return .unknown }
        return after.isEmpty ? .valid : .stale
    }

    private func selects(_ selector: Selector, _ entry: Entry) -> Bool {
        let name = entry.host.split(separator: ":").first.map(String.init) ?? ""
        let hosts = [bytes(entry.host), bytes(name)]
        let target = bytes(entry.path + (entry.query.map { "?" + $0 } ?? ""))
        switch selector {
        case .url(let host, let wanted): return hosts.contains(host) && target == wanted
        case .prefix(let host, let prefix): return hosts.contains(host) && target.starts(with: prefix)
        case .host(let host): return bytes(name) == host
        case .tag(let tag): return entry.tagsCut || entry.tags.contains { bytes($0) == tag }
        case .glob(let pattern):
            if pattern.first == UInt8(ascii: "/") { return Self.matches(pattern[...], target[...]) }
            return [bytes(name), bytes(entry.host)].contains { Self.matches(pattern[...], ($0 + target)[...]) }
        case .all: return true
        case .partition(let partition): return bytes(entry.partition.isEmpty ? "default" : entry.partition) == partition
        case .restricted(let partition, let inner):
            return selects(.partition(partition), entry) && selects(inner, entry)
        }
    }

    /// As it is defined, with every choice tried.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "*"): return (text.startIndex...text.endIndex).contains { matches(rest, text[$0...]) }
        case UInt8(ascii: "?"): return !text.isEmpty && matches(rest, text.dropFirst())
        default: return text.first == first && matches(rest, text.dropFirst())
        }
    }
}

@Suite("The table against the rules")
struct TableModelTests {
    private static let hosts = ["a", "a:1", "b"]
    private static let paths = ["/", "/x", "/xy"]
    private static let queries = [nil, "", "q", "qr"]
    private static let tags = ["s", "t", "u"]
    private static let partitions = ["", "p", "pq"]
    private static let globs = ["/x*", "/*", "*", "a/?", "a:1/*", "*x*", "*?q*", "?/x", "b*", "/", "/x?q", "*:1/*y"]

    private static func entry(_ random: inout SplitMix) -> Entry {
        Entry(
            partition: random.pick(partitions), host: random.pick(hosts), path: random.pick(paths),
            query: random.pick(queries),
            tags: tags.filter { _ in Int.random(in: 0..<3, using: &random) == 0 },
            tagsCut: Int.random(in: 0..<8, using: &random) == 0)
    }

    private static func selector(_ random: inout SplitMix) -> Selector {
        let selector = unrestricted(&random)
        guard Int.random(in: 0..<3, using: &random) == 0 else { return selector }
        return selector.within(random.pick(["default", "p", "pq"]))
    }

    private static func unrestricted(_ random: inout SplitMix) -> Selector {
        let entry = entry(&random)
        let target = entry.path + (entry.query.map { "?" + $0 } ?? "")
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return .all
        case 1...2: return .host(random.pick(["a", "b"]))
        case 3...8: return .url(entry.host, target)
        case 9...10: return .glob(random.pick(globs))
        case 11...13:
            return .prefix(entry.host, String(target.prefix(Int.random(in: 0...target.count, using: &random))))
        default: return .tag(random.pick(tags))
        }
    }

    @Test("thousands of schedules of apply, judge, trim and rebuild", arguments: 0..<8)
    func schedules(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        for schedule in 0..<120 {
            var table = InvalidationTable(epoch: 3)
            var model = Model()
            var time: Int64 = 0
            /// Entries as the tiers hold them, with their marks (rule 5).
            var marked: [(entry: Entry, asOf: UInt64, mark: UInt64)] = []
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                switch Int.random(in: 0..<10, using: &random) {
                case 0:
                    let before = time - Int64.random(in: 0...30, using: &random)
                    let most = Int.random(in: 0...30, using: &random)
                    let floor = table.trim(acceptedBefore: before, maxRecords: most)
                    model.trim(acceptedBefore: before, maxRecords: most)
                    #expect(floor == model.floor)
                case 1:
                    let kept = table.snapshot()
                    #expect(kept.floor == model.floor && kept.head == model.head)
                    table = InvalidationTable(epoch: 3, records: kept.records, head: kept.head, floor: kept.floor)
                    model.rebuild(from: kept.records)
                    // Marks are of one process, and so of one table.
                    for index in marked.indices { marked[index].mark = 0 }
                default:
                    time += Int64.random(in: 0...3, using: &random)
                    let selectors = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.selector(&random) }
                    let mode: InvalidationMode = Bool.random(using: &random) ? .hard : .soft
                    var next = record(model.head + 1, mode, selectors, at: time)
                    if mode == .hard, Bool.random(using: &random) { next.cause = .unsafeMethod }
                    table.apply(next)
                    model.apply(next)
                }
                for index in marked.indices {
                    let (entry, asOf, mark) = marked[index]
                    let judged = table.judge(entry, asOf: Position(epoch: 3, n: asOf), checkedBelow: mark)
                    #expect(
                        judged.verdict == model.verdict(entry, asOf: asOf),
                        "seed \(seed), schedule \(schedule), \(entry) as of \(asOf), marked \(mark)")
                    if judged.verdict == .valid { marked[index].mark = judged.upTo + 1 }
                }
                if marked.count < 6 { marked.append((Self.entry(&random), model.head, 0)) }
                for _ in 0..<4 {
                    let entry = Self.entry(&random)
                    let asOf = UInt64.random(in: 0...model.head, using: &random)
                    #expect(
                        table.verdict(entry, asOf: asOf) == model.verdict(entry, asOf: asOf),
                        "seed \(seed), schedule \(schedule), \(entry) as of \(asOf)")
                }
            }
        }
    }

    @Test("a rebuilt table gives every verdict that the first gives", arguments: 100..<104)
    func rebuilt(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let table = InvalidationTable(epoch: 3)
        for n in 1...300 {
            table.add(Bool.random(using: &random) ? .hard : .soft, Self.selector(&random), at: Int64(n))
        }
        table.trim(acceptedBefore: 100, maxRecords: 1000)
        let kept = table.snapshot()
        let again = InvalidationTable(epoch: 3, records: kept.records, head: kept.head, floor: kept.floor)
        #expect(again.count == table.count && again.head == table.head)
        #expect(again.snapshot().records == kept.records)
        for _ in 0..<3_000 {
            let entry = Self.entry(&random)
            let asOf = UInt64.random(in: 0...300, using: &random)
            #expect(again.verdict(entry, asOf: asOf) == table.verdict(entry, asOf: asOf))
        }
    }
}
