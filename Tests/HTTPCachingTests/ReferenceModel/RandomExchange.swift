import TestSupport
import Foundation

/// Makes messages that a cache has to think about, from a seed.
struct RandomExchange {
    var random: SplitMix
    /// What the dates mean that were made.
    private(set) var dates: [String: Double] = [:]
    private let formatters: [DateFormatter]

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        formatters = ["EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'"].map { format in
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(identifier: "GMT")
            formatter.dateFormat = format
            return formatter
        }
    }

    mutating func pick<T>(_ values: [T]) -> T { values.randomElement(using: &random)! }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func number() -> String {
        pick([
            "0", "1", "5", "59", "60", "61", "600", "0060", "2147483647", "2147483648", "2147483649", "99999999999",
            "99999999999999999999999", "-1", "1.5", "", "abc", "\"60\"", "'60'", "60s",
        ])
    }

    /// A date near `now`, in one of its forms, or none at all.
    private mutating func date(around now: Double) -> String {
        if chance(15) {
            return pick(["0", "-1", "", "now", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 94 08:49:37 GMT"])
        }
        let offset = Double(pick([-1_000_000, -86_400, -3_600, -61, -60, -1, 0, 1, 60, 61, 3_600, 1_000_000]))
        let text = pick(formatters).string(from: Date(timeIntervalSince1970: now + offset))
        dates[text] = now + offset
        return text
    }

    private mutating func responseDirective() -> String {
        switch Int.random(in: 0..<16, using: &random) {
        case 0...4: "max-age=\(number())"
        case 5: "s-maxage=\(number())"
        case 6, 7: "stale-while-revalidate=\(number())"
        case 8: "stale-if-error=\(number())"
        case 9: pick(["no-cache", "No-Cache", "no-cache=\"x-b\""])
        case 10: pick(["private", "PRIVATE", "private=\"x-c\""])
        case 11: "no-store"
        case 12: pick(["must-revalidate", "proxy-revalidate"])
        case 13, 14: pick(["public", "Public", "immutable"])
        default: pick(["foo", "foo=\"max-age=60, no-store\"", "max-age", ""])
        }
    }

    mutating func response(at now: Double) -> ReferenceModel.Message {
        var message = ReferenceModel.Message()
        message.status = pick([200, 200, 200, 200, 203, 299, 301, 302, 404, 410, 429, 500, 503, 599, 206, 304])
        for _ in 0..<pick([0, 1, 1, 1, 2]) {
            let count = pick([1, 1, 2, 3])
            message.add(
                pick(["Cache-Control", "cache-control"]),
                (0..<count).map { _ in responseDirective() }.joined(separator: pick([", ", ",", " ,\t"])))
        }
        if chance(10) {
            message.add(
                "CDN-Cache-Control",
                pick([
                    "max-age=60", "max-age=600, must-revalidate", "no-store", "private", "max-age=\"60\"", "Max-Age=60",
                    "max-age=60,", "", "foo", "no-cache", "max-age=0, stale-while-revalidate=60",
                ]))
        }
        if chance(70) { message.add("Date", date(around: now)) }
        if chance(30) { message.add("Expires", date(around: now)) }
        if chance(40) { message.add("Last-Modified", date(around: now - 100_000)) }
        if chance(25) {
            message.add(
                "Age", pick(["0", "1", "30", "59", "60", "7200", "-5", "x", "1, 9999", "99999999999", "2147483648"]))
        }
        if chance(10) { message.add("Age", "5") }
        if chance(25) { message.add("Vary", pick(["X-A", "x-a, X-B", "*", "X-A, *", ",x-b", ""])) }
        if chance(5) { message.add("Set-Cookie", "a=b") }
        if chance(60) { message.add("ETag", "\"1\"") }
        return message
    }

    mutating func request() -> ReferenceModel.Message {
        var message = ReferenceModel.Message()
        if chance(25) {
            let count = pick([1, 1, 2])
            message.add(
                "Cache-Control",
                (0..<count).map { _ in
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0, 1: "max-age=\(number())"
                    case 2: "min-fresh=\(number())"
                    case 3, 4: pick(["max-stale", "max-stale=\(number())"])
                    case 5: "no-cache"
                    case 6: "no-store"
                    default: "foo"
                    }
                }.joined(separator: ", "))
        }
        if chance(5) { message.add("Pragma", "no-cache") }
        if chance(30) { message.add("X-A", pick(["1", "2", "1, 2", "1,2"])) }
        if chance(20) { message.add("X-B", pick(["1", ""])) }
        if chance(8) { message.add("Authorization", "Basic x") }
        if chance(8) { message.add("Cookie", "a=b") }
        return message
    }
}
