import TestSupport
import Invalidation

/// A page of the model's origin: what it is called, and how caches may use it.
struct ModelPage {
    let path: String
    /// Those that it has always had.
    let tags: [String]
    /// Where it is stored.
    var partition = Selector.defaultPartition
    /// More tags than a cache keeps: an entry has none of them, and says so.
    var isCut = false
    /// Its validator tells versions apart. A weak one is confirmed whatever has changed.
    var isStrong = true
    /// May be served stale, while it is revalidated and when the origin fails.
    var isUsableStale = false

    static let host = "h"
    static let all = [
        ModelPage(path: "/a/0", tags: ["t0", "even"]),
        ModelPage(path: "/a/1", tags: ["t1", "odd"], isStrong: false),
        ModelPage(path: "/b/2", tags: ["t2", "even"], partition: bytes("shop"), isCut: true),
        ModelPage(path: "/b/3", tags: ["t3", "odd"], partition: bytes("shop"), isUsableStale: true),
    ]

    /// Whether a client that comes after such a purge must get what is new, if caches keep to the rules.
    func obeys(_ mode: InvalidationMode) -> Bool { mode == .hard || isStrong && !isUsableStale }

    /// Whether a selector names it, by the plainest code there is: the machines under test have their own.
    func isSelected(by selector: Selector) -> Bool {
        switch selector {
        case .url(let host, let target): host == bytes(Self.host) && target == bytes(path)
        case .prefix(let host, let prefix): host == bytes(Self.host) && bytes(path).starts(with: prefix)
        case .host(let host): host == bytes(Self.host)
        case .tag(let tag): tags.contains { bytes($0) == tag }
        case .glob(let pattern):
            Self.matches(pattern[...], bytes(pattern.first == UInt8(ascii: "/") ? path : Self.host + path)[...])
        case .all: true
        case .partition(let name): name == partition
        case .restricted(let name, let inner): name == partition && isSelected(by: inner)
        }
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "*"): return (text.startIndex...text.endIndex).contains { matches(rest, text[$0...]) }
        case UInt8(ascii: "?"): return !text.isEmpty && matches(rest, text.dropFirst())
        default: return text.first == first && matches(rest, text.dropFirst())
        }
    }

    /// A selector of any kind, some of them restricted to one of the pages' partitions or to another.
    static func randomSelector(_ random: inout SplitMix) -> Selector {
        let selector = randomTarget(&random)
        let partition = random.pick([Selector.defaultPartition, bytes("shop"), bytes("shop"), bytes("empty")])
        return switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: selector.within(partition)
        case 2: .partition(partition)
        default: selector
        }
    }

    private static func randomTarget(_ random: inout SplitMix) -> Selector {
        let page = random.pick(all)
        return switch Int.random(in: 0..<20, using: &random) {
        case 0: .all
        case 1: .host(host)
        case 2: .host("elsewhere")
        case 3..<7: .prefix(host, random.pick(["/", "/a/", "/b/", page.path]))
        case 7..<10: .glob(random.pick(["/a/*", "/?/3", "*2", "h/b/?", "*/a/1*", "/c*"]))
        case 10..<15: .tag(random.pick(page.tags + ["late"]))
        default: .url(host, page.path)
        }
    }
}

/// A stored response.
struct ModelEntry {
    var id: UInt64
    var asOf: Position
    var instance: UInt64
    var localNumber: UInt64
    var version: Int
    var tags: [String]
    var isCut: Bool
    /// Until then it is fresh.
    var freshUntil: Int64
}

/// An entry in memory, with its mark (rule 5).
final class ModelStored {
    let entry: ModelEntry
    var checkedBelow: UInt64 = 0

    init(_ entry: ModelEntry) { self.entry = entry }
}

/// A purge that was accepted, with the versions that the origin had from before it was sent.
struct ModelPurge {
    var versions: [Int: Int]
    var text: String
}

/// A lease in Redis (rule 8).
struct ModelLease {
    var holder: UInt64
    var token: UInt64
    var asOf: Position
    var until: Int64
}
