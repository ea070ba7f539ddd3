import TestSupport
import Invalidation
import Synchronization
import Testing

private final class Flag: Sendable {
    let value = Atomic(false)
}

/// invalidation.md rule 5: a reader loads head, judges, and marks the entry up to what it loaded. No mark may ever
/// reach a record that selects the entry.
@Suite("Readers beside the applier")
struct ConcurrencyTests {
    @Test("no reader marks an entry valid past a record that selects it")
    func marks() async {
        let table = InvalidationTable(epoch: 1)
        let records: UInt64 = 30_000
        // Record n selects the entry with the tag of n's last digit.
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for n in 1...records { table.apply(record(n, .hard, [.tag("\(n % 10)")])) }
            }
            for reader in 0..<3 {
                group.addTask {
                    var random = SplitMix(state: UInt64(reader))
                    var seen: UInt64 = 0
                    while seen < records {
                        let digit = UInt64.random(in: 0..<10, using: &random)
                        let asOf = table.head
                        // The next record of this digit after `asOf`.
                        let next = asOf + 1 + (digit + 10 - (asOf + 1) % 10) % 10
                        let (verdict, upTo) = table.judge(
                            Entry(tags: ["\(digit)"]), asOf: Position(epoch: 1, n: asOf))
                        if verdict == .valid, next <= upTo {
                            Issue.record("marked up to \(upTo), though record \(next) selects what is of \(asOf)")
                            return
                        }
                        if verdict == .gone, next > table.head + 1 {
                            Issue.record("gone by a record that nobody has applied")
                            return
                        }
                        #expect(upTo >= seen, "head goes back")
                        seen = upTo
                        await Task.yield()
                    }
                }
            }
        }
        #expect(table.head == records)
    }

    @Test("a purge that was published is seen by every later look, while others trim and copy")
    func published() async {
        let table = InvalidationTable(epoch: 1)
        let done = Flag()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for n in 1...3_000 as ClosedRange<UInt64> {
                    let asOf = table.position
                    table.apply(record(n, .hard, [.url("example.com", "/a")], at: Int64(n)))
                    let verdict = table.judge(Entry(), asOf: asOf).verdict
                    // The trimmer may have dropped the record: then nobody can tell.
                    if verdict != .gone, verdict != .unknown { Issue.record("\(verdict) after purge \(n)") }
                }
                done.value.store(true, ordering: .releasing)
            }
            group.addTask {
                while !done.value.load(ordering: .acquiring) {
                    table.trim(acceptedBefore: 0, maxRecords: 50)
                    let kept = table.snapshot()
                    #expect(kept.records.allSatisfy { $0.n > kept.floor })
                    await Task.yield()
                }
            }
        }
    }
}
