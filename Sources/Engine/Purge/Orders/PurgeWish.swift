internal import HTTPMessage
package import Invalidation

/// What someone asks to be purged, whichever way it was said: one record in the log, all of it or nothing.
package struct PurgeWish: Sendable, Equatable {
    package var targets: [PurgeTarget] = []
    package var mode: InvalidationMode = .hard
    /// Fetch again what was used lately (and mark it stale instead of removing it).
    package var refresh = false
    /// Milliseconds that the answer may wait for the other instances; nil: none was asked for.
    package var waitMilliseconds: Int64?

    package init() {}

    /// What a `PURGE` of the URL with these fields asks for, on whichever listener.
    package init(purging url: [UInt8], fields: [(String, String)]) throws(PurgeMistake) {
        guard case .url(let host, let path, let query) = try PurgeTarget(url: url, field: "URL") else { return }
        self = try PurgeDialect.wish(
            .purge, PurgeFields(fields: FieldBlock(fields), siteTagFields: []),
            PurgeDialect.RequestedURL(host: host, path: path, query: query))
    }

    /// Hard or soft, and how long to wait, as the fields say; nothing is named yet.
    package init(optionsOf fields: [(String, String)]) throws(PurgeMistake) {
        self = try PurgeFields(fields: FieldBlock(fields), siteTagFields: []).options()
    }

    /// Above it a caller is better served by asking again.
    private static let maxWait: Int64 = 60_000

    /// A duration: digits and `ms`, `s` or `m`, at most a minute.
    package static func wait(_ text: [UInt8], field: String) throws(PurgeMistake) -> Int64 {
        let digits = text.prefix { (0x30...0x39).contains($0) }
        let factor: Int64? =
            switch String(decoding: text.dropFirst(digits.count), as: UTF8.self) {
            case "ms": 1
            case "s": 1_000
            case "m": 60_000
            default: nil
            }
        guard let factor, (1...7).contains(digits.count), let number = Int64(String(decoding: digits, as: UTF8.self)),
            number * factor <= maxWait
        else {
            throw PurgeMistake(
                field, "\(JSONText.quoted(text)) is no time to wait; write 0s to 60s, for example 500ms or 2s")
        }
        return number * factor
    }
}
