/// The dates of HTTP (RFC 9110 §5.6.7), in whole seconds. Parsing is strict but for letter case, which a cache folds
/// (RFC 9111 §4.2). The zone is GMT and nothing else, not even UTC (there too).
package enum HTTPDate {
    /// Bytes of an IMF-fixdate.
    package static let length = 29

    /// One of the three forms:
    ///
    ///     Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate
    ///     Sunday, 06-Nov-94 08:49:37 GMT    RFC 850; the latest such year that is not over 50 years after `now`
    ///     Sun Nov  6 08:49:37 1994          asctime
    ///
    /// Nil for everything else: an impossible day or time, another zone, other spacing. The day of the week must be
    /// one, but not the right one.
    package static func parse(_ bytes: UnsafeRawBufferPointer, now: Timestamp) -> Timestamp? {
        var reader = HTTPDateReader(bytes: bytes)
        return reader.read(now: now)
    }

    package static func parse(_ bytes: ArraySlice<UInt8>, now: Timestamp) -> Timestamp? {
        bytes.withUnsafeBytes { parse($0, now: now) }
    }

    /// Writes the moment as an IMF-fixdate into the first 29 bytes of `out`. Moments before 1970 are written as its
    /// start, those after 9999 as its end.
    package static func write(_ moment: Timestamp, to out: UnsafeMutableRawBufferPointer) {
        precondition(out.count >= length, "an IMF-fixdate has 29 bytes")
        let seconds = Int(min(max(moment.seconds, 0), 253_402_300_799))
        let days = seconds / 86_400
        let date = CivilDate(daysSinceEpoch: days)
        let time = seconds % 86_400
        // 1970-01-01 was a Thursday.
        copy(weekdays, (days + 3) % 7 * 3, 3, out, 0)
        copy(", ", 0, 2, out, 3)
        twoDigits(date.day, out, 5)
        out[7] = 0x20
        copy(months, (date.month - 1) * 3, 3, out, 8)
        out[11] = 0x20
        twoDigits(date.year / 100, out, 12)
        twoDigits(date.year % 100, out, 14)
        out[16] = 0x20
        twoDigits(time / 3600, out, 17)
        out[19] = 0x3a
        twoDigits(time / 60 % 60, out, 20)
        out[22] = 0x3a
        twoDigits(time % 60, out, 23)
        copy(" GMT", 0, 4, out, 25)
    }

    /// The moment as an IMF-fixdate.
    package static func bytes(_ moment: Timestamp) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { out, count in
            write(moment, to: UnsafeMutableRawBufferPointer(out))
            count = length
        }
    }

    static var weekdays: StaticString { "MonTueWedThuFriSatSun" }
    static var months: StaticString { "JanFebMarAprMayJunJulAugSepOctNovDec" }

    private static func copy(
        _ text: StaticString, _ from: Int, _ count: Int, _ out: UnsafeMutableRawBufferPointer, _ at: Int
    ) {
        for i in 0..<count { out[at + i] = text.utf8Start[from + i] }
    }

    private static func twoDigits(_ value: Int, _ out: UnsafeMutableRawBufferPointer, _ at: Int) {
        out[at] = 0x30 + UInt8(value / 10 % 10)
        out[at + 1] = 0x30 + UInt8(value % 10)
    }
}
