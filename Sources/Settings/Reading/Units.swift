/// Sizes and durations as proxy.conf writes them.
enum Units {
    private static let sizes: [(unit: String, factor: Int)] = [
        ("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1),
    ]
    private static let durations: [(unit: String, factor: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Bytes; a number without unit is bytes. Nil: no size, or beyond 64 bits.
    static func readSize(_ text: String) -> Int? {
        readNumber(text) ?? read(text, sizes)
    }

    /// Milliseconds. Nil: no duration, no unit, or beyond 64 bits.
    static func readDuration(_ text: String) -> Int? {
        read(text, durations)
    }

    /// Decimal digits without sign or leading zeros. Nil: anything else, or beyond 64 bits.
    static func readNumber(_ text: some StringProtocol) -> Int? {
        let digits = text.utf8
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != 0x30 else { return nil }
        return Int(text)
    }

    private static func read(_ text: String, _ units: [(unit: String, factor: Int)]) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = readNumber(digits), let unit = units.first(where: { $0.unit == text[digits.endIndex...] }) else {
            return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        return overflow ? nil : product
    }

    static func size(_ bytes: Int) -> String { write(bytes, sizes) }
    static func duration(_ milliseconds: Int) -> String {
        milliseconds == 0 ? "0s" : write(milliseconds, durations)
    }

    /// With the largest unit that leaves no fraction.
    private static func write(_ value: Int, _ units: [(unit: String, factor: Int)]) -> String {
        let unit = units.first { value != 0 && value % $0.factor == 0 } ?? units[units.count - 1]
        return "\(value / unit.factor)\(unit.unit)"
    }
}
