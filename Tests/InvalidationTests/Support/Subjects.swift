import TestSupport
import Invalidation

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// What an entry is, in words.
struct Entry: Hashable {
    /// Empty: the default one.
    var partition = ""
    var host = "example.com"
    var path = "/a"
    var query: String?
    var tags: [String] = []
    var tagsCut = false
}

extension InvalidationTable {
    func verdict(_ entry: Entry, asOf n: UInt64, epoch: UInt64? = nil) -> Verdict {
        judge(entry, asOf: Position(epoch: epoch ?? self.epoch, n: n)).verdict
    }

    func judge(_ entry: Entry, asOf: Position, checkedBelow: UInt64 = 0) -> (verdict: Verdict, upTo: UInt64) {
        var packed: [UInt8] = []
        for tag in entry.tags {
            precondition(tag.utf8.count < 128)
            packed += [UInt8(tag.utf8.count)] + tag.utf8
        }
        return bytes(entry.host).withUnsafeBytes { host in
            bytes(entry.path).withUnsafeBytes { path in
                bytes(entry.query ?? "").withUnsafeBytes { query in
                    packed.withUnsafeBytes { tags in
                        bytes(entry.partition).withUnsafeBytes { partition in
                            judge(
                                InvalidationSubject(
                                    partition: partition, host: host, path: path,
                                    query: entry.query == nil ? nil : query, tags: tags,
                                    tagsCut: entry.tagsCut),
                                asOf: asOf, checkedBelow: checkedBelow)
                        }
                    }
                }
            }
        }
    }

    /// Appends the next record.
    func add(_ mode: InvalidationMode, _ selectors: Selector..., at time: Int64 = 0) {
        apply(record(head + 1, mode, selectors, at: time))
    }
}

func record(
    _ n: UInt64, _ mode: InvalidationMode, _ selectors: [Selector], at time: Int64 = 0
) -> InvalidationRecord {
    InvalidationRecord(n: n, nonce: n &* 31, mode: mode, selectors: selectors, acceptedAt: time)
}

extension Selector {
    static func url(_ host: String, _ target: String) -> Selector { .url(host: bytes(host), target: bytes(target)) }
    static func prefix(_ host: String, _ prefix: String) -> Selector {
        .prefix(host: bytes(host), prefix: bytes(prefix))
    }
    static func tag(_ tag: String) -> Selector { .tag(bytes(tag)) }
    static func glob(_ pattern: String) -> Selector { .glob(bytes(pattern)) }
    static func host(_ host: String) -> Selector { .host(bytes(host)) }
    func within(_ partition: String) -> Selector { within(bytes(partition)) }
}
