import Foundation
import Invalidation

// Measures what judging an entry costs, and what a table of purged tags takes (Benchmarks/RESULTS.md).
//
//   JudgingBenchmark memory <tags>              RSS before and after so many distinct purged tags
//   JudgingBenchmark slow <tags> <calls>        judging an entry with three tags, nothing known of it
//   JudgingBenchmark fast <tags> <calls>        the comparison that a hit makes on a quiet log
//   JudgingBenchmark time <tags> <calls>        nanoseconds of both
//
// For instruction counts: valgrind --tool=callgrind --toggle-collect='*measured*' …

let arguments = CommandLine.arguments
guard arguments.count >= 3, let count = Int(arguments[2]) else {
    print("usage: JudgingBenchmark memory|slow|fast|time <tags> [<calls>]")
    exit(2)
}
let calls = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1

func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
}

/// Tags of twenty bytes, each purged by a record of its own.
func makeTable(_ count: Int) -> InvalidationTable {
    let table = InvalidationTable(epoch: 1)
    for n in 1...max(1, count) {
        let digits = String(n)
        let tag = "article-" + String(repeating: "0", count: 12 - digits.utf8.count) + digits
        table.apply(
            InvalidationRecord(
                n: UInt64(n), nonce: UInt64(n), mode: .hard, selectors: [.tag(Array(tag.utf8))], acceptedAt: 0))
    }
    return table
}

/// Entries of three tags each that nothing selects.
func makeTags(_ number: Int) -> [UInt8] {
    ["section-sport-\(number)", "author-jane-\(number)", "front-page-\(number)"].flatMap {
        [UInt8($0.utf8.count)] + Array($0.utf8)
    }
}

@inline(never)
func measuredSlow(_ table: InvalidationTable, _ entries: [[UInt8]], _ calls: Int) -> Int {
    let (host, path) = (Array("www.example.com".utf8), Array("/news/2026/some-article".utf8))
    var valid = 0
    host.withUnsafeBytes { host in
        path.withUnsafeBytes { path in
            for call in 0..<calls {
                entries[call % entries.count].withUnsafeBytes { tags in
                    let subject = InvalidationSubject(host: host, path: path, query: nil, tags: tags, tagsCut: false)
                    if table.judge(subject, asOf: Position(epoch: 1, n: 0)).verdict == .valid { valid += 1 }
                }
            }
        }
    }
    return valid
}

@inline(never)
func measuredFast(_ table: InvalidationTable, _ checkedBelow: UInt64, _ calls: Int) -> Int {
    var valid = 0
    for _ in 0..<calls where checkedBelow > table.stamp && !(table.canBeBlind && table.isBlind(now: 0)) { valid += 1 }
    return valid
}

let before = residentBytes()
let table = makeTable(count)
let entries = (0..<64).map(makeTags)
switch arguments[1] {
case "memory":
    let after = residentBytes()
    print(
        "\(count) purged tags: \((after - before) / 1_000_000) MB more resident, \(table.footprint / 1_000_000) MB counted"
    )
case "slow":
    print("\(calls) judged against \(count) tags: \(measuredSlow(table, entries, calls)) valid")
case "fast":
    print("\(calls) compared with \(count) tags: \(measuredFast(table, table.stamp + 1, calls)) valid")
case "time":
    for (name, work) in [
        ("slow", { measuredSlow(table, entries, calls) }), ("fast", { measuredFast(table, table.stamp + 1, calls) }),
    ] {
        let start = ContinuousClock.now
        let valid = work()
        let spent = start.duration(to: .now)
        print("\(name): \(count) tags, \(spent / calls) a call, \(valid) valid")
    }
default:
    print("what to measure: memory, slow, fast or time")
    exit(2)
}
