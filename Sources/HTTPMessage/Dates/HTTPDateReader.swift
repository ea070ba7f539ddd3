/// Reads one date from front to back.
struct HTTPDateReader {
    let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func read(now: Timestamp) -> Timestamp? {
        guard bytes.count >= 24, bytes.count <= 33, weekday() else { return nil }
        // Only the long names of RFC 850 go on with a letter.
        switch bytes[at] {
        case 0x2c: return fixdate()
        case 0x20: return asctime()
        default: return rfc850(now)
        }
    }

    /// `, 06 Nov 1994 08:49:37 GMT`
    private mutating func fixdate() -> Timestamp? {
        guard skip(", "), let day = number(2), skip(" "), let month = month(), skip(" "), let year = number(4),
            skip(" "), let time = time(), skip(" GMT"), at == bytes.count
        else { return nil }
        return Self.timestamp(year, month, day, time)
    }

    /// ` Nov  6 08:49:37 1994`
    private mutating func asctime() -> Timestamp? {
        guard skip(" "), let month = month(), skip(" "), let day = skip(" ") ? number(1) : number(2), skip(" "),
            let time = time(), skip(" "), let year = number(4), at == bytes.count
        else { return nil }
        return Self.timestamp(year, month, day, time)
    }

    /// `day, 06-Nov-94 08:49:37 GMT`
    private mutating func rfc850(_ now: Timestamp) -> Timestamp? {
        guard longWeekday(), skip(", "), let day = number(2), skip("-"), let month = month(), skip("-"),
            let shortYear = number(2), skip(" "), let time = time(), skip(" GMT"), at == bytes.count
        else { return nil }
        let today = min(max(now.seconds, 0), 253_402_300_799)
        let date = CivilDate(daysSinceEpoch: Int(today / 86_400))
        // The same day and time 50 years on, as one number that compares like the date.
        let latest = (((date.year + 50) * 12 + date.month) * 31 + date.day) * 86_400 + Int(today % 86_400)
        var year = (date.year / 100 + 1) * 100 + shortYear
        while ((year * 12 + month) * 31 + day) * 86_400 + time > latest { year -= 100 }
        return Self.timestamp(year, month, day, time)
    }

    // MARK: Parts

    /// Three letters of a day's name.
    private mutating func weekday() -> Bool { name(HTTPDate.weekdays, 7) != nil }

    /// The rest of the name whose first three letters were just read.
    private mutating func longWeekday() -> Bool {
        switch FieldBlock.lowercase(bytes[at - 3]) {
        case 0x6d: skip("day")
        case 0x74: FieldBlock.lowercase(bytes[at - 2]) == 0x75 ? skip("sday") : skip("rsday")
        case 0x77: skip("nesday")
        case 0x66: skip("day")
        default: FieldBlock.lowercase(bytes[at - 2]) == 0x61 ? skip("urday") : skip("day")
        }
    }

    private mutating func month() -> Int? { name(HTTPDate.months, 12).map { $0 + 1 } }

    /// Which of the three-letter names in `table` comes next.
    private mutating func name(_ table: StaticString, _ count: Int) -> Int? {
        guard bytes.count - at >= 3 else { return nil }
        let own = Self.letters(bytes[at], bytes[at + 1], bytes[at + 2])
        let text = table.utf8Start
        for index in 0..<count where Self.letters(text[index * 3], text[index * 3 + 1], text[index * 3 + 2]) == own {
            at += 3
            return index
        }
        return nil
    }

    /// Three letters in lower case as one number.
    @inline(__always)
    private static func letters(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32 {
        UInt32(FieldBlock.lowercase(first)) << 16 | UInt32(FieldBlock.lowercase(second)) << 8
            | UInt32(FieldBlock.lowercase(third))
    }

    /// `08:49:37` in seconds of the day; 60 seconds are a leap second.
    private mutating func time() -> Int? {
        guard let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
            hour <= 23, minute <= 59, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard bytes.count - at >= digits else { return nil }
        var value = 0
        for _ in 0..<digits {
            guard Text.isDigit(bytes[at]) else { return nil }
            value = value * 10 + Int(bytes[at] - 0x30)
            at += 1
        }
        return value
    }

    /// Moves behind `text` when it comes next, in any letter case.
    private mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - at >= count else { return false }
        for i in 0..<count
        where FieldBlock.lowercase(bytes[at + i]) != FieldBlock.lowercase(text.utf8Start[i]) { return false }
        at += count
        return true
    }

    private static func timestamp(_ year: Int, _ month: Int, _ day: Int, _ time: Int) -> Timestamp? {
        guard day >= 1, day <= CivilDate.daysIn(month: month, year: year) else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        return Timestamp(seconds: Int64(days * 86_400 + time))
    }
}
