import Invalidation
import Testing

/// invalidation.md rule 5 with every interleaving of two readers and an applier: each reader loads the stamp, judges and
/// marks; the applier changes the table and publishes.
@Suite("Rule 5, every schedule")
struct ReaderSchedulesTests {
    private struct Reader {
        var step = 0
        var stamp: UInt64 = 0
        var isValid = false
    }

    @Test("no mark reaches a record that selects the entry, however two loops and an applier take turns")
    func all() {
        var count = 0
        // 4 steps of the applier (two records), 3 of each reader: all orders.
        func visit(_ order: [Int], _ left: [Int]) {
            if left.allSatisfy({ $0 == 0 }) {
                run(order)
                count += 1
                return
            }
            for who in 0..<3 where left[who] > 0 {
                var left = left
                left[who] -= 1
                visit(order + [who], left)
            }
        }
        visit([], [4, 3, 3])
        #expect(count == 4200)
    }

    private func run(_ order: [Int]) {
        let table = InvalidationTable(epoch: 1)
        var readers = [Reader(), Reader()]
        var mark: UInt64 = 0
        var applied = 0
        let records = [record(1, .hard, [.tag("other")]), record(2, .hard, [.tag("mine")])]
        for who in order {
            guard who > 0 else {
                if applied.isMultiple(of: 2) { table.change(records[applied / 2]) } else { table.publish() }
                applied += 1
                continue
            }
            let reader = who - 1
            switch readers[reader].step {
            case 0: readers[reader].stamp = table.stamp
            case 1:
                readers[reader].isValid =
                    mark > readers[reader].stamp || table.verdict(Entry(tags: ["mine"]), asOf: 0) == .valid
            default:
                if readers[reader].isValid { mark = max(mark, readers[reader].stamp + 1) }
                // The purge is published when this reader began: it may not find the entry valid.
                if readers[reader].isValid, readers[reader].stamp >= 2 { Issue.record("\(order)") }
            }
            readers[reader].step += 1
        }
        if mark > 2 { Issue.record("\(order): marked past the record that selects it") }
    }
}
