import HTTPCaching
import HTTPMessage
import Testing

@Suite struct VaryTests {
    @Test(
        "Vary is read as the RFC says (RFC 9110 §12.5.5; attacks.md 19)",
        arguments: [
            ([], .none), ([""], .none), ([" , "], .none),
            (["Accept-Encoding"], .names(VarySpec(names: [bytes("accept-encoding")]))),
            (["B, a", "b ,C"], .names(VarySpec(names: [bytes("b"), bytes("a"), bytes("c")]))),
            (["*"], .star), (["a, *"], .star), (["*, a"], .star), (["", "*"], .star), (["a", "*"], .star),
            (["\"a\""], .star), (["a b"], .star), (["a;q=1"], .star),
        ] as [([String], VaryParse)])
    func parse(values: [String], expected: VaryParse) {
        #expect(VarySpec.parse(FieldBlock(values.map { ("Vary", $0) })) == expected)
    }

    @Test("More names than are kept match nothing")
    func manyNames() {
        func vary(_ count: Int) -> FieldBlock {
            FieldBlock([("Vary", (0..<count).map { "x-\($0)" }.joined(separator: ","))])
        }
        #expect(VarySpec.parse(vary(33)) == .star)
        #expect(VarySpec.parse(vary(32)) != .star)
    }

    struct Pair: CustomTestStringConvertible, Sendable {
        var rule: String
        var name: String
        var a: [String]
        var b: [String]
        var same: Bool
        var testDescription: String { "\(rule): \(name) \(a) \(b)" }

        init(_ rule: String, _ name: String, _ a: [String], _ b: [String], _ same: Bool) {
            (self.rule, self.name, self.a, self.b, self.same) = (rule, name, a, b, same)
        }
    }

    static let values: [Pair] = [
        Pair("RFC 9111 §4.1 equal", "x-a", ["1"], ["1"], true),
        Pair("RFC 9111 §4.1 other", "x-a", ["1"], ["2"], false),
        Pair("RFC 9111 §4.1 absent", "x-a", [], [], true),
        Pair("RFC 9111 §4.1 absent matches only absent", "x-a", [], ["1"], false),
        Pair("RFC 9111 §4.1 empty is not absent", "x-a", [], [""], false),
        Pair("RFC 9111 §4.1 whitespace at commas", "accept", ["a,b"], ["a \t, b"], true),
        Pair("RFC 9111 §4.1 whitespace elsewhere", "accept", ["a b"], ["a  b"], false),
        Pair("RFC 9111 §4.1 lines are one list", "accept", ["a", "b"], ["a,b"], true),
        Pair("RFC 9111 §4.1 order", "accept", ["a, b"], ["b, a"], false),
        Pair("RFC 9110 §5.6.1 empty members", "accept", ["a,,b,"], ["a, b"], true),
        Pair("RFC 9110 §5.6.4 quoted commas", "accept", ["a;x=\"1,2\""], ["a;x=\"1, 2\""], false),
        Pair("RFC 9110 §5.6.4 quoted marks", "accept", ["\"\\\",\" ,b"], ["\"\\\",\",b"], true),
        Pair("RFC 9110 §5.6.4 case", "accept", ["A"], ["a"], false),
        Pair("RFC 9110 §10.1.5 no list", "user-agent", ["a , b"], ["a, b"], false),
        Pair("RFC 6265 §4.2 no list", "cookie", ["a=1 , 2"], ["a=1, 2"], false),
        Pair("RFC 9113 §8.2.3 cookie crumbs", "cookie", ["a=1", "b=2"], ["a=1; b=2"], true),
        Pair("attacks 18 two users", "cookie", ["u=A"], ["u=B"], false),
    ]

    static let codings: [Pair] = [
        Pair("RFC 9110 §12.5.3 order", "accept-encoding", ["gzip, br"], ["br,gzip"], true),
        Pair("RFC 9110 §12.5.3 lines", "accept-encoding", ["gzip", "br"], ["br,gzip"], true),
        Pair("RFC 9110 §12.5.3 case", "accept-encoding", ["GZip"], ["gzip"], true),
        Pair("RFC 9110 §12.4.2 weight 1", "accept-encoding", ["gzip;q=1.000"], ["gzip"], true),
        Pair("RFC 9110 §12.4.2 weight", "accept-encoding", ["gzip ; Q=0.50"], ["gzip;q=0.5"], true),
        Pair("RFC 9110 §12.4.2 other weights", "accept-encoding", ["gzip;q=0.5, br"], ["gzip, br;q=0.5"], false),
        Pair("RFC 9110 §12.4.2 refused", "accept-encoding", ["br;q=0, gzip"], ["gzip"], true),
        Pair("RFC 9110 §12.5.3 refused beside *", "accept-encoding", ["br;q=0, *"], ["*"], false),
        Pair("RFC 9110 §12.5.3 identity refused", "accept-encoding", ["gzip, identity;q=0"], ["gzip"], false),
        Pair("RFC 9110 §8.4.1.3 x-gzip", "accept-encoding", ["x-gzip"], ["gzip"], true),
        Pair("RFC 9110 §12.5.3 unknown codings count", "accept-encoding", ["gzip, foo"], ["gzip"], false),
        Pair("RFC 9110 §12.5.3 empty is identity", "accept-encoding", [""], ["identity"], true),
        Pair("RFC 9110 §12.5.3 absent is anything", "accept-encoding", [], ["identity"], false),
        Pair("attacks 19 malformed", "accept-encoding", ["\u{0}gzip;;;"], ["identity"], true),
        Pair("attacks 19 malformed weight", "accept-encoding", ["gzip;q=2"], ["identity"], true),
        Pair("attacks 19 malformed weight", "accept-encoding", ["gzip;q=0.1234"], ["identity"], true),
        Pair("attacks 19 other parameter", "accept-encoding", ["gzip;level=1"], ["identity"], true),
        Pair("attacks 19 malformed member", "accept-encoding", ["gzip, b r"], ["identity"], true),
    ]

    static let languages: [Pair] = [
        Pair("RFC 9110 §12.5.4 case", "accept-language", ["DE-at, En"], ["de-AT,en"], true),
        Pair("RFC 9110 §12.5.4 lines", "accept-language", ["de", "en;q=0.5"], ["de, en;q=0.5"], true),
        Pair("RFC 9110 §12.4.2 weight 1", "accept-language", ["de;q=1.000, en;q=0.50"], ["de, en;q=0.5"], true),
        Pair("RFC 9110 §12.4.2 the order of weights", "accept-language", ["en;q=0.5, de"], ["de, en;q=0.5"], true),
        Pair(
            "RFC 9110 §12.5.4 order in one weight may mean something", "accept-language", ["en, de"], ["de, en"], false),
        Pair("RFC 9110 §12.4.2 other weights", "accept-language", ["de;q=0.4, en"], ["de;q=0.5, en"], false),
        Pair("RFC 9110 §12.4.2 refused", "accept-language", ["de;q=0, en"], ["en"], false),
        Pair("RFC 9110 §12.5.4 malformed is itself", "accept-language", ["de;q=2"], ["de"], false),
        Pair("RFC 9110 §12.5.4 malformed is itself", "accept-language", ["d e"], ["d e"], true),
        Pair("RFC 9110 §12.5.4 absent is anything", "accept-language", [], ["*"], false),
    ]

    @Test("Equal requests select the same response, others another", arguments: values + codings + languages)
    func selection(pair: Pair) {
        let names = [bytes("x-other"), bytes(pair.name)]
        let a = FieldBlock(pair.a.map { (pair.name.uppercased(), $0) })
        let b = FieldBlock(pair.b.map { (pair.name, $0) })
        let stored = Vary.selection(names: names, request: a)
        #expect((Vary.selection(names: names, request: b) == stored) == pair.same)
        #expect(stored.withUnsafeBytes { Vary.matches(selection: $0, request: b) } == pair.same)
        #expect(stored.withUnsafeBytes { Vary.matches(selection: $0, request: a) })
    }

    @Test("A selection names its fields and their values")
    func layout() {
        let request = FieldBlock([("X-B", "1")])
        #expect(
            Vary.selection(names: [bytes("x-a"), bytes("x-b")], request: request)
                == [3] + bytes("x-a") + [0, 3] + bytes("x-b") + [1, 1] + bytes("1"))
        let long = FieldBlock([("X-B", String(repeating: "v", count: 300))])
        let packed = Vary.selection(names: [bytes("x-b")], request: long)
        #expect(packed[4...6] == [1, 0xac, 0x02])
        #expect(packed.withUnsafeBytes { Vary.matches(selection: $0, request: long) })
    }

    @Test("What Connection takes from the origin counts as absent (attacks.md 10, 19)")
    func connectionListed() {
        let names = [bytes("accept-language"), bytes("x-hop")]
        let hidden = FieldBlock([
            ("Accept-Language", "de"), ("X-Hop", "1"), ("Connection", "accept-language, X-hop"),
        ])
        let selection = Vary.selection(names: names, request: hidden)
        #expect(selection == Vary.selection(names: names, request: FieldBlock()))
        #expect(selection.withUnsafeBytes { Vary.matches(selection: $0, request: hidden) })
        let plain = FieldBlock([("Accept-Language", "de"), ("X-Hop", "1"), ("Connection", "keep-alive")])
        #expect(!selection.withUnsafeBytes { Vary.matches(selection: $0, request: plain) })
    }

    @Test("A selection gives back its names; other bytes give none")
    func names() {
        let names = [bytes("x-a"), bytes("accept")]
        let selection = Vary.selection(names: names, request: FieldBlock([("Accept", "a")]))
        #expect(selection.withUnsafeBytes { Vary.names(selection: $0) } == names)
        #expect(selection.dropLast().withUnsafeBytes { Vary.names(selection: $0) } == [])
    }

    @Test("No names select every request")
    func empty() {
        let selection = Vary.selection(names: [], request: FieldBlock([("A", "b")]))
        #expect(selection.isEmpty)
        #expect(selection.withUnsafeBytes { Vary.matches(selection: $0, request: FieldBlock()) })
    }

    @Test(
        "Bytes that are no selection match nothing (attacks.md 25)",
        arguments: [
            [0], [0, 0], [3], [3, 0x78, 0x2d, 0x61], [3, 0x78, 0x2d, 0x61, 2], [3, 0x78, 0x2d, 0x61, 1],
            [3, 0x78, 0x2d, 0x61, 1, 5, 0x31], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [1, 0x20, 0],
        ] as [[UInt8]])
    func damaged(selection: [UInt8]) {
        #expect(!selection.withUnsafeBytes { Vary.matches(selection: $0, request: FieldBlock([("X-A", "1")])) })
    }
}
