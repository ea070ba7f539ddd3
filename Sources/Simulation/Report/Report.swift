import Eviction

/// The outcomes as a table for people and as CSV.
package struct Report: Sendable {
    /// By policy, then by size.
    package let outcomes: [Outcome]
    package let footprint: Int

    /// Whether capacities are numbers of objects and not bytes.
    package let countsObjects: Bool

    package init(_ outcomes: [Outcome], footprint: Int, countsObjects: Bool = false) {
        self.outcomes = outcomes
        self.footprint = footprint
        self.countsObjects = countsObjects
    }

    /// A row a policy, a column a size; `object hits / byte hits` in percent.
    package var table: String {
        let capacities = Set(outcomes.map(\.capacity)).sorted()
        var rows = [["policy"] + capacities.map { "\(size($0)) (\(Self.percent(share($0))))" }]
        for own in byPolicy {
            rows.append(
                [own[0].policy.rawValue]
                    + capacities.map { capacity in
                        own.first { $0.capacity == capacity }.map {
                            "\(Self.decimal($0.objectHitRatio * 100, 2)) / \(Self.decimal($0.byteHitRatio * 100, 2))"
                        } ?? ""
                    })
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "   ") + "\n"
        }.joined()
    }

    /// Ratios from 0 to 1.
    package var csv: String {
        outcomes.reduce("policy,size_bytes,size_percent,requests,object_hits,object_hit_ratio,byte_hit_ratio\n") {
            $0 + "\($1.policy.rawValue),\($1.capacity),\(Self.decimal(share($1.capacity) * 100, 4)),\($1.requests),"
                + "\($1.hits),\(Self.decimal($1.objectHitRatio, 6)),\(Self.decimal($1.byteHitRatio, 6))\n"
        }
    }

    /// The outcomes of each policy, smallest cache first.
    var byPolicy: [[Outcome]] {
        Dictionary(grouping: outcomes, by: \.policy).values.map { $0.sorted { $0.capacity < $1.capacity } }
            .sorted { rank($0[0]) < rank($1[0]) }
    }

    private func rank(_ outcome: Outcome) -> Int { outcomes.firstIndex { $0.policy == outcome.policy } ?? 0 }

    func share(_ capacity: Int) -> Double { Double(capacity) / Double(max(1, footprint)) }

    /// A capacity, in the units of proxy.conf where it is bytes.
    package func size(_ capacity: Int) -> String {
        guard !countsObjects else { return "\(capacity)" }
        let units = ["B", "KB", "MB", "GB", "TB"]
        var (value, unit) = (Double(capacity), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return Self.decimal(value, unit == 0 || value >= 100 ? 0 : 1) + units[unit]
    }

    static func percent(_ share: Double) -> String { decimal(share * 100, share < 0.01 ? 2 : 1) + "%" }

    /// With a fixed number of digits after the point.
    static func decimal(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { whole, _ in whole * 10 }
        let scaled = Int((value * Double(scale)).rounded())
        guard digits > 0 else { return "\(scaled)" }
        let fraction = "\(scaled % scale)"
        return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
