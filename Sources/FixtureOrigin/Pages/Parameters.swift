/// The query of a scripted page, read by the table in `Manual`. What the table doesn't name is ignored: it makes
/// another URL, which is what many tests want.
struct Parameters: Sendable {
    let pairs: [(name: String, value: String)]

    init(_ query: Substring) {
        pairs = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// `name=1`, `name=yes`, or `name` alone.
    func isOn(_ name: String) -> Bool { self[name].map { $0 != "0" && $0 != "no" } ?? false }

    func number(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }

    /// `1024`, `100KB`, `8MB`, `1GB` (powers of two), in bytes.
    func size(_ name: String) -> Int64? {
        guard let text = self[name] else { return nil }
        let digits = text.prefix { $0.isNumber }
        let units: [String: Int64] = ["": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30]
        guard let count = Int64(digits), let unit = units[text.dropFirst(digits.count).lowercased()] else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }

    /// `250ms`, `2s`, `1m`, in milliseconds; a bare number counts seconds.
    func milliseconds(_ name: String) -> Int64? {
        guard let text = self[name] else { return nil }
        let digits = text.prefix { $0.isNumber }
        let units: [String: Int64] = ["ms": 1, "": 1000, "s": 1000, "m": 60_000]
        guard let count = Int64(digits), count < 1_000_000, let unit = units[String(text.dropFirst(digits.count))]
        else {
            return nil
        }
        return count * unit
    }

    /// Percent-decoded; `+` stays a plus.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
