import TestSupport
import HTTPMessage
import Testing

@Suite("HTTP dates")
struct HTTPDateTests {
    static let now = Timestamp(seconds: 1_795_262_400)  // 2026-11-21

    static func parse(_ text: String, now: Timestamp = now) -> Int64? {
        withCopy(Array(text.utf8)) { HTTPDate.parse($0, now: now)?.seconds }
    }

    @Test(
        "RFC 9110 §5.6.7: all three forms",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Sun Nov 16 08:49:37 1994", 784_975_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 19 Jan 2038 14:14:08 GMT", 2_147_523_248),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1), ("Mon, 01 Jan 1900 00:00:00 GMT", -2_208_988_800),
            ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
            // RFC 9111 §4.2: a cache folds letter case.
            ("THU, 18 aUG 2050 02:01:18 gmt", 2_544_400_878), ("THURSDAY, 18-aug-50 02:01:18 GMT", 2_544_400_878),
            ("Monday, 06-Nov-23 08:49:37 GMT", 1_699_260_577), ("Tuesday, 07-Nov-23 08:49:37 GMT", 1_699_346_977),
            ("Wednesday, 08-Nov-23 08:49:37 GMT", 1_699_433_377), ("Friday, 10-Nov-23 08:49:37 GMT", 1_699_606_177),
            ("Saturday, 11-Nov-23 08:49:37 GMT", 1_699_692_577),
        ] as [(String, Int64)])
    func valid(text: String, seconds: Int64) {
        #expect(Self.parse(text) == seconds)
        #expect(HTTPDate.parse(Array(text.utf8)[...], now: Self.now)?.seconds == seconds)
    }

    @Test(
        "invalid",
        arguments: [
            "", "0", "-1", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
            " Sun, 06 Nov 1994 08:49:37 GMT",
            // RFC 9111 §4.2: another zone than GMT is invalid.
            "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 2050 02:01:18 AEST", "Thu, 18 Aug 2050 02:01:18 EST",
            "Thu, 18 Aug 2050 02:01:18 +0000", "Thu, 18 Aug 2050 02:01:18 GMT+1", "Thu, 18 Aug 2050 02:01:18",
            "Thu, 18 Aug 50 02:01:18 GMT", "Thu 18 Aug 2050 02:01:18 GMT", "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT", "Thursday, 18-Aug-2050 02:01:18 GMT", "Thursday, 18 Aug 50 02:01:18 GMT",
            "Thu, 18-Aug-50 02:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT", "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 8 Aug 2050 02:01:18 GMT", "Thu, 18 Aug 02050 02:01:18 GMT", "Thu, 18 August 2050 02:01:18 GMT",
            "Thx, 18 Aug 2050 02:01:18 GMT", "Thursdax, 18-Aug-50 02:01:18 GMT", "Thu, 18 Axg 2050 02:01:18 GMT",
            "Thu, 32 Aug 2050 02:01:18 GMT", "Thu, 00 Aug 2050 02:01:18 GMT", "Thu, 30 Feb 2050 02:01:18 GMT",
            "Tue, 29 Feb 2023 02:01:18 GMT", "Tue, 29 Feb 2100 02:01:18 GMT", "Thu, 31 Apr 2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 24:00:00 GMT", "Thu, 18 Aug 2050 02:60:18 GMT", "Thu, 18 Aug 2050 02:01:61 GMT",
            "Thu, 18 Aug 2050 -2:01:18 GMT", "Thu, 18 Aug 2050 02:01 GMT", "Sun Nov 6 08:49:37 1994",
            "Sun Nov 06 8:49:37 1994",
            "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov  6 08:49:37 94", "Sun Nov   6 08:49:37 1994",
            "Sun  Nov 6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 GM", "Thu,\t18 Aug 2050 02:01:18 GMT", "Thu, 18 Aug 2050 02:01:18 GMT\0",
        ])
    func invalid(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test("RFC 850 years: never more than 50 years ahead")
    func shortYears() {
        func year(_ text: String, now: Int64) -> Int64? { Self.parse(text, now: Timestamp(seconds: now)) }
        let now: Int64 = 1_795_262_400  // 2026-11-21 12:00:00
        // 2076-11-21 12:00:00 is 50 years ahead, one second more is too many.
        #expect(year("Saturday, 21-Nov-76 12:00:00 GMT", now: now) == 3_373_185_600)
        #expect(year("Saturday, 21-Nov-76 12:00:01 GMT", now: now) == 217_425_601)
        #expect(year("Saturday, 22-Nov-76 12:00:00 GMT", now: now) == 217_512_000)
        #expect(year("Saturday, 01-Jan-00 00:00:00 GMT", now: now) == 946_684_800)
        // Close to the turn of a century the next one is meant: 2090 and a year of 10.
        #expect(year("Saturday, 01-Jan-10 00:00:00 GMT", now: 3_786_912_000) == 4_417_977_600)
        #expect(year("Saturday, 01-Jan-70 00:00:00 GMT", now: 0) == 0)
        for extreme in [Int64.min, .max] {
            #expect(Self.parse("Saturday, 01-Jan-00 00:00:00 GMT", now: Timestamp(milliseconds: extreme)) != nil)
        }
    }

    @Test("moments from 1970 to 9999 come back")
    func roundTrip() {
        // The odd step visits all days of the year and times of the day.
        for seconds in stride(from: Int64(0), to: 253_402_300_800, by: 86_400 * 101 + 12_347) {
            let text = HTTPDate.bytes(Timestamp(seconds: seconds))
            if HTTPDate.parse(text[...], now: Self.now)?.seconds != seconds { Issue.record("\(seconds)") }
        }
    }

    @Test("each day follows the one before it", arguments: [1970, 1999, 2000, 2100, 2400, 9998])
    func dayByDay(year: Int) throws {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let start = try #require(Self.parse("Mon, 01 Jan \(year) 00:00:00 GMT"))
        var before = String(decoding: HTTPDate.bytes(Timestamp(seconds: start)), as: UTF8.self)
        for day in 1...366 {
            let seconds = start + Int64(day) * 86_400
            let text = String(decoding: HTTPDate.bytes(Timestamp(seconds: seconds)), as: UTF8.self)
            let weekday = try #require(days.firstIndex(of: String(before.prefix(3))))
            let numberBefore = try #require(Int(before.dropFirst(5).prefix(2)))
            let number = try #require(Int(text.dropFirst(5).prefix(2)))
            let follows = number == numberBefore + 1 || (number == 1 && numberBefore >= 28)
            if Self.parse(text) != seconds || !text.hasPrefix(days[(weekday + 1) % 7]) || !follows {
                Issue.record("\(before) then \(text)")
            }
            before = text
        }
    }

    @Test(
        "written with the right day of the week, within 1970…9999",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_208_000, "Thu, 29 Feb 2024 12:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"), (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int64.min, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] as [(Int64, String)])
    func written(seconds: Int64, text: String) {
        #expect(HTTPDate.bytes(Timestamp(seconds: seconds)) == Array(text.utf8))
    }

    @Test("random text never traps", arguments: 0..<4)
    func random(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let models = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        for _ in 0..<500 {
            var text = Array(models.randomElement(using: &generator)!.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                text[Int.random(in: text.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            text.removeLast(Int.random(in: 0...3, using: &generator))
            withCopy(text) { bytes in
                if let parsed = HTTPDate.parse(bytes, now: Self.now) { #expect(abs(parsed.seconds) < 300_000_000_000) }
            }
        }
    }
}
