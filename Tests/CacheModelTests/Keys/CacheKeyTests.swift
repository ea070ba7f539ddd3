import TestSupport
import CacheModel
import Testing

@Suite("Cache keys")
struct CacheKeyTests {
    struct Components: Hashable {
        var method, scheme, host, path: [UInt8]
        var query: [UInt8]?

        var key: CacheKey { CacheKey(method: method, scheme: scheme, host: host, path: path, query: query) }

        init(_ parts: [[UInt8]], hasQuery: Bool) {
            (method, scheme, host, path) = (parts[0], parts[1], parts[2], parts[3])
            query = hasQuery ? parts[4] : nil
        }

        /// As `CacheKeyParts` tells them; nil when the bytes are no key.
        init?(reading key: [UInt8]) {
            let read = key.withUnsafeBytes { bytes -> Components? in
                guard let parts = CacheKeyParts(bytes) else { return nil }
                let all = [parts.method, parts.scheme, parts.host, parts.path, parts.query ?? 0..<0]
                return Components(all.map { Array(bytes[$0]) }, hasQuery: parts.query != nil)
            }
            guard let read else { return nil }
            self = read
        }
    }

    @Test("the same bytes cut into other components are another key (attacks.md 14)")
    func splitsNeverCollide() {
        var random = SplitMix(state: 14)
        for _ in 0..<300 {
            // Few letters, and the bytes that lengths are made of, so that lookalikes abound.
            let whole: [UInt8] = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                [0, 1, 2, 3, 4, 0x3f, 0x61, 0x80].randomElement(using: &random) ?? 0
            }
            var seen: [CacheKey: Components] = [:]
            for _ in 0..<40 {
                let cuts = (0..<4).map { _ in Int.random(in: 0...whole.count, using: &random) }.sorted()
                let ends = cuts + [whole.count]
                let parts = zip([0] + cuts, ends).map { Array(whole[$0..<$1]) }
                let components = Components(parts, hasQuery: parts[4].isEmpty ? Bool.random(using: &random) : true)
                let other = seen.updateValue(components, forKey: components.key)
                #expect(other == nil || other == components)
                #expect(Components(reading: components.key.bytes) == components)
            }
        }
    }

    @Test("parts read back, long and empty ones too", arguments: [0, 1, 127, 128, 16_383, 16_384, 70_000])
    func roundTrip(length: Int) {
        let long = [UInt8](repeating: 0x61, count: length)
        for hasQuery in [false, true] {
            let components = Components([bytes("GET"), bytes("https"), bytes("h"), long, long], hasQuery: hasQuery)
            #expect(Components(reading: components.key.bytes) == components)
        }
    }

    @Test("no query and an empty one differ (design.md section 9)")
    func emptyQuery() {
        let parts = [bytes("GET"), bytes("http"), bytes("h"), bytes("/"), []]
        #expect(Components(parts, hasQuery: false).key != Components(parts, hasQuery: true).key)
    }

    @Test("a key cut short or with bytes behind it is none")
    func truncated() {
        let key = Sample.key.bytes
        for length in 0..<key.count { #expect(Components(reading: Array(key[..<length])) == nil) }
        #expect(Components(reading: key + [0]) == nil)
    }

    @Test(
        "a partition's name comes before all else; without one the bytes are those of always",
        arguments: ["", "a", "shop"])
    func partitions(name: String) {
        let key = CacheKey(
            partition: bytes(name), scheme: "http".utf8, host: "h".utf8, path: "/".utf8, query: nil as [UInt8]?)
        let plain = CacheKey(scheme: "http".utf8, host: "h".utf8, path: "/".utf8, query: nil as [UInt8]?)
        #expect(plain.bytes == [3] + bytes("GET") + [4] + bytes("http") + [1] + bytes("h") + [1] + bytes("/") + [0])
        #expect(key.bytes == (name.isEmpty ? [] : [0x80, 0, UInt8(name.utf8.count)] + bytes(name)) + plain.bytes)
        let read = key.bytes.withUnsafeBytes { CacheKeyParts($0) }
        #expect(read.map { Array(key.bytes[$0.partition]) } == bytes(name))
        #expect(read.map { Array(key.bytes[$0.host]) } == bytes("h"))
        for length in 0..<key.bytes.count {
            #expect(key.bytes[..<length].withUnsafeBytes { CacheKeyParts($0) } == nil)
        }
    }

    private static let hostileKeys: [[UInt8]] = [
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0xff, 0xff, 0xff, 0xff, 0x7f],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f],
        [0, 0, 0, 0, 2],
        // A partition without a name.
        [0x80, 0, 0, 0, 0, 0, 0, 0],
        [0x80, 0, 9, 0, 0, 0, 0, 0],
    ]

    @Test("hostile lengths are refused", arguments: hostileKeys)
    func hostile(bytes: [UInt8]) {
        #expect(Components(reading: bytes) == nil)
    }

    @Test("arbitrary bytes never trap, and what reads as a key covers all of them")
    func arbitrary() {
        var random = SplitMix(state: 99)
        for _ in 0..<20_000 {
            let raw = random.bytes(0...12).map { Bool.random(using: &random) ? $0 & 3 : $0 }
            raw.withUnsafeBytes { view in
                guard let parts = CacheKeyParts(view) else { return }
                #expect((parts.query ?? parts.path).upperBound <= raw.count)
                #expect(parts.method.upperBound <= parts.scheme.lowerBound)
                #expect(parts.host.upperBound <= parts.path.lowerBound)
            }
        }
    }
}
