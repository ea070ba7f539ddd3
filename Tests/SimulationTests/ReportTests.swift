import Eviction
import Simulation
import Testing

@Suite struct ReportTests {
    private static func outcome(_ policy: PolicyName, _ capacity: Int, _ hits: Int, _ hitBytes: Int) -> Outcome {
        var outcome = Outcome(policy: policy, capacity: capacity)
        (outcome.requests, outcome.hits, outcome.bytes, outcome.hitBytes) = (1000, hits, 10_000, hitBytes)
        return outcome
    }

    private let report = Report(
        [
            outcome(.lru, 1 << 10, 500, 4000), outcome(.lru, 10 << 10, 800, 7000),
            outcome(.gdsf, 1 << 10, 700, 3000), outcome(.gdsf, 10 << 10, 900, 6000),
            outcome(.adaptive, 1 << 10, 690, 4100), outcome(.adaptive, 10 << 10, 705, 7100),
        ], footprint: 100 << 10)

    @Test("the table has a row a policy and a column a size")
    func table() {
        let lines = report.table.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(
            lines[0].split(separator: "   ").map { $0.drop { $0 == " " } } == [
                "policy", "1.0KB (1.0%)", "10.0KB (10.0%)",
            ])
        #expect(lines[1].contains("50.00 / 40.00"))
    }

    @Test("CSV has a line an outcome, in the order of the runs")
    func csv() {
        let lines = report.csv.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[1] == "lru,1024,1.0000,1000,500,0.500000,0.400000")
    }

    @Test("the plot is whole in itself: a curve a policy in each panel, and nothing from elsewhere")
    func plot() {
        #expect(report.svg.split(separator: "<polyline").count == 7)
        #expect(report.html.contains(report.svg))
        #expect(!report.html.contains("src=") && !report.html.contains("href="))
    }

    @Test("the choice: most objects of those not below LRU in bytes, and the smallest size that is nearly as good")
    func choice() {
        #expect(Choice(report.outcomes)?.outcome == Self.outcome(.adaptive, 1 << 10, 690, 4100))
        #expect(Choice(report.outcomes.filter { $0.policy != .lru })?.outcome.policy == .gdsf)
        #expect(Choice([]) == nil)
    }

    @Test(
        "sizes are bytes or shares",
        arguments: [
            ("64MB", CacheSize.bytes(64 << 20)), ("1", .bytes(1)), ("2TB", .bytes(2 << 40)), ("512B", .bytes(512)),
            ("0.1%", .percent(0.1)), ("100%", .percent(100)), ("0", nil), ("-1", nil), ("101%", nil), ("", nil),
            ("%", nil), ("9999999TB", nil), ("1.5MB", nil), ("MB", nil),
        ])
    func sizes(text: String, size: CacheSize?) { #expect(CacheSize(text) == size) }
}
