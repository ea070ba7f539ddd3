/// How long a purge waits for the other instances: `2s`, `500ms`, `1m`, and a bare number is seconds.
package enum PurgeWait {
    /// Nobody waits longer: a client that would has given up, and a connection is held all the while.
    package static let longest: Int64 = 300_000

    /// Nil when it is no duration.
    package static func milliseconds(_ text: some Sequence<UInt8>) -> Int64? {
        var number: Int64 = 0
        var digits = 0
        var unit: [UInt8] = []
        for byte in text {
            if unit.isEmpty, (0x30...0x39).contains(byte) {
                digits += 1
                guard digits <= 9 else { return nil }
                number = number * 10 + Int64(byte - 0x30)
            } else {
                guard unit.count < 2 else { return nil }
                unit.append(byte)
            }
        }
        guard digits > 0 else { return nil }
        let factor: Int64
        switch String(decoding: unit, as: UTF8.self) {
        case "ms": factor = 1
        case "", "s": factor = 1000
        case "m": factor = 60_000
        default: return nil
        }
        return number * factor
    }
}
