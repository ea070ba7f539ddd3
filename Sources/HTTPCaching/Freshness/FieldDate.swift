import HTTPMessage

/// HTTP dates as fields of a message carry them (RFC 9110 §5.6.7).
enum FieldDate {
    /// The date of the first line of that name; nil when there is none or it is no HTTP-date.
    static func first(_ name: FieldName, of fields: FieldBlock, now: Timestamp) -> Timestamp? {
        fields.first(name).flatMap { HTTPDate.parse(fields.value($0), now: now) }
    }
}

/// IMF-fixdate alone, until `HTTPMessage` has all three forms.
enum HTTPDate {
    private static let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)
    private static let days = Array("ThuFriSatSunMonTueWed".utf8)

    static func parse(_ bytes: some Collection<UInt8>, now: Timestamp) -> Timestamp? {
        let b = Array(bytes)
        guard b.count == 29, b[3] == 0x2c, b[26...].elementsEqual("GMT".utf8) else { return nil }
        func number(_ at: Int, _ length: Int) -> Int64? {
            b.withUnsafeBytes { DeltaSeconds.parse($0.part(at..<at + length)) }.map(Int64.init)
        }
        guard let day = number(5, 2), let year = number(12, 4), let hour = number(17, 2), let minute = number(20, 2),
            let second = number(23, 2),
            let month = (0..<12).first(where: { months[$0 * 3..<$0 * 3 + 3].elementsEqual(b[8..<11]) })
        else { return nil }
        let m = Int64(month) + 1
        let y = m <= 2 ? year - 1 : year
        let dayOfYear = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let era = y / 400
        let yearOfEra = y - era * 400
        let total = era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
        return Timestamp(seconds: total * 86400 + hour * 3600 + minute * 60 + second)
    }

    static func format(_ time: Timestamp) -> [UInt8] {
        let total = min(max(time.seconds, 0), 253_402_300_799)
        let dayNumber = total / 86400
        let z = dayNumber + 719468
        let era = z / 146097
        let doe = z - era * 146097
        let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let day = doy - (153 * mp + 2) / 5 + 1
        let month = mp < 10 ? mp + 3 : mp - 9
        let year = yoe + era * 400 + (month <= 2 ? 1 : 0)
        func digits(_ n: Int64, _ width: Int) -> String {
            let s = String(n)
            return String(repeating: "0", count: max(0, width - s.count)) + s
        }
        let d = Int(dayNumber % 7) * 3
        let m = Int(month - 1) * 3
        let clock = "\(digits(total / 3600 % 24, 2)):\(digits(total / 60 % 60, 2)):\(digits(total % 60, 2))"
        return Array(days[d..<d + 3]) + Array(", \(digits(day, 2)) ".utf8) + Array(months[m..<m + 3])
            + Array(" \(digits(year, 4)) \(clock) GMT".utf8)
    }
}
