internal import HTTPMessage
package import Invalidation

/// What someone asks to be purged, whichever way it was said: one record in the log, all of it or nothing.
package struct PurgeWish: Sendable, Equatable {
    package var targets: [PurgeTarget] = []
    /// By their names; the targets are purged in these only. Empty: in all of them. Without a target: all of these.
    package private(set) var partitions: [[UInt8]] = []
    /// The field or member that named them.
    private(set) var partitionsField = "partition"
    package var mode: InvalidationMode = .hard
    /// Fetch again what was used lately (and mark it stale instead of removing it).
    package var refresh = false
    /// Milliseconds that the answer may wait for the other instances; nil: none was asked for.
    package var waitMilliseconds: Int64?
    /// Milliseconds after which the record is appended once more; nil: never.
    package var againMilliseconds: Int64?

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

    /// Adds a partition, once. Whether there is one of that name is not asked here.
    package mutating func add(partition name: [UInt8], field: String) throws(PurgeMistake) {
        guard !name.isEmpty, !name.contains(0) else { throw PurgeMistake(field, "a partition has a name") }
        partitionsField = field
        if !partitions.contains(name) { partitions.append(name) }
    }

    /// The same in these partitions only.
    func within(_ partitions: [[UInt8]]) -> PurgeWish {
        var wish = self
        wish.partitions = partitions
        return wish
    }

    /// How long to wait, as `PurgeWait` reads it; whoever would wait longer than anyone waits that long.
    package static func wait(_ text: [UInt8], field: String) throws(PurgeMistake) -> Int64 {
        min(try duration(text, field: field), PurgeWait.longest)
    }

    /// After which time to purge again. Earlier than was asked for would be no use: a longer one is refused.
    package static func again(_ text: [UInt8], field: String) throws(PurgeMistake) -> Int64 {
        let milliseconds = try duration(text, field: field)
        guard milliseconds <= PurgeWait.longest else {
            throw PurgeMistake(field, "\(PurgeWait.longest / 60_000)m is the longest")
        }
        return milliseconds
    }

    private static func duration(_ text: [UInt8], field: String) throws(PurgeMistake) -> Int64 {
        guard let milliseconds = PurgeWait.milliseconds(text) else {
            throw PurgeMistake(field, "\(JSONText.quoted(text)) is no duration: write 2s, 500ms or 1m")
        }
        return milliseconds
    }
}
