internal import Glibc

/// Moments as RFC 3339 has them, in UTC.
enum RFC3339 {
    /// `2026-11-21T12:00:00`.
    static func seconds(_ seconds: Int64) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        return date + "T\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
    }

    /// `2026-11-21T12:00:00.042Z`.
    static func milliseconds(_ milliseconds: Int64) -> String {
        "\(seconds(milliseconds / 1000)).\(digits(Int32(milliseconds % 1000), 3))Z"
    }

    private static func digits(_ number: Int32, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
