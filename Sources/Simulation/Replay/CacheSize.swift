/// The size of a simulated cache as it is asked for: bytes (`64MB`, 2^20) or a share of the footprint (`10%`).
package enum CacheSize: Sendable, Equatable {
    case bytes(Int)
    /// 0...100.
    case percent(Double)

    package init?(_ text: some StringProtocol) {
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
            self = .percent(percent)
            return
        }
        let units = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("B", 0)]
        let unit = units.first { text.hasSuffix($0.0) }
        let shift = unit?.1 ?? 0
        guard let number = Int(text.dropLast(unit?.0.count ?? 0)), number > 0, number <= (1 << 50) >> shift else {
            return nil
        }
        self = .bytes(number << shift)
    }

    /// Bytes, at least 1.
    package func capacity(footprint: Int) -> Int {
        switch self {
        case .bytes(let bytes): bytes
        case .percent(let percent): max(1, Int(Double(footprint) * percent / 100))
        }
    }
}
