internal import HTTPMessage
internal import Invalidation
internal import Synchronization

/// Keys whose answers proved uncacheable (hit-for-miss): requests for them don't wait for each other for a while. It
/// only switches collapsing off; a cacheable answer clears the mark.
final class UncacheableMarks: Sendable {
    static let lifetimeSeconds: Int64 = 120
    /// Marks kept at most; beyond it the expired go, then any half.
    static let maxMarks = 65_536

    private struct Mark {
        var until: Int64
        var asOf: Position
    }

    /// By the key's hash: two keys that share one only lose collapsing.
    private let marks = Mutex<[UInt64: Mark]>([:])

    func set(_ hash: UInt64, asOf: Position, now: Timestamp) {
        marks.withLock { marks in
            if marks.count >= Self.maxMarks {
                marks = marks.filter { $0.value.until > now.seconds }
                // Many at once, so that a full table doesn't walk itself for every mark.
                if marks.count > Self.maxMarks / 4 * 3 {
                    marks = Dictionary(uniqueKeysWithValues: marks.prefix(Self.maxMarks / 2).map { ($0.key, $0.value) })
                }
            }
            marks[hash] = Mark(until: now.seconds + Self.lifetimeSeconds, asOf: asOf)
        }
    }

    func clear(_ hash: UInt64) {
        marks.withLock { _ = $0.removeValue(forKey: hash) }
    }

    /// Where the mark of this key was made, if it has one that holds.
    func asOf(_ hash: UInt64, now: Timestamp) -> Position? {
        marks.withLock { marks in
            guard !marks.isEmpty, let mark = marks[hash] else { return nil }
            if mark.until > now.seconds { return mark.asOf }
            marks[hash] = nil
            return nil
        }
    }
}
