import CacheModel
import Testing

@Suite("Shared histogram")
struct SharedHistogramTests {
    @Test("counts of many threads add up, and quantiles are right to an eighth")
    func summary() async {
        let histogram = SharedHistogram()
        #expect(histogram.summary == TimeSummary())
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask { for time in 1...1000 { histogram.count(microseconds: Int64(time)) } }
            }
        }
        histogram.count(microseconds: -5)
        let summary = histogram.summary
        #expect(summary.count == 4001)
        for (time, wanted) in [(summary.median, 500), (summary.p90, 900), (summary.p99, 990), (summary.p999, 999)] {
            let time = Double(time ?? 0)
            #expect(time >= Double(wanted) * 0.99 && time <= Double(wanted) * 1.13, "\(time) for \(wanted)")
        }
    }
}
