import TestSupport
import HTTPMessage
import Testing

@Suite("Byte helpers")
struct BytesTests {
    static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    static let visible = String(decoding: (0x21...0x7e).map { UInt8($0) }, as: UTF8.self)

    @Test(
        "the sets hold what their grammar says",
        arguments: [
            (ByteSet.token, letters + "!#$%&'*+-.^_`|~"), (.unreserved, letters + "-._~"), (.hostLabel, letters + "-_"),
            (.plainInPath, visible.filter { !"%/;\\?#".contains($0) }),
            (.plainInQuery, visible.filter { !"%#".contains($0) }),
        ])
    func sets(set: ByteSet, members: String) {
        let members = Set(members.utf8)
        #expect((UInt8.min...UInt8.max).filter { set.contains($0) } == members.sorted())
    }

    @Test("the first control character is found at every offset", arguments: [1, 7, 8, 9, 16, 17, 30])
    func firstControl(length: Int) {
        var wrong: [(Int, UInt8)] = []
        for position in 0..<length {
            for byte in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: 0x20, count: length)
                bytes[position] = byte
                // Neighbours that borrows and high bits might confuse.
                if position > 0 { bytes[position - 1] = 0x80 }
                if position + 1 < length { bytes[position + 1] = 0xff }
                let isControl = byte < 0x20 || byte == 0x7f
                withCopy(bytes) {
                    let found = ByteScan.firstControl($0, from: 0, to: length)
                    let same = ByteScan.first(byte, $0, from: 0, to: length) == bytes.firstIndex(of: byte)
                    if found != (isControl ? position : length) || !same { wrong.append((position, byte)) }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("scans agree with loops on random bytes")
    func scans() {
        var generator = SplitMix(state: 1)
        for _ in 0..<500 {
            let bytes = (0..<40).map { _ in
                [0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xff, 0, 0x21].randomElement(using: &generator)! as UInt8
            }
            let from = Int.random(in: 0...40, using: &generator)
            let to = Int.random(in: from...40, using: &generator)
            withCopy(bytes) { memory in
                let control = (from..<to).first { bytes[$0] < 0x20 || bytes[$0] == 0x7f } ?? to
                #expect(ByteScan.firstControl(memory, from: from, to: to) == control)
                #expect(
                    ByteScan.first(0x21, memory, from: from, to: to) == (from..<to).first { bytes[$0] == 0x21 } ?? to)
            }
        }
    }

    @Test(
        "lists split at commas outside of quoted strings",
        arguments: [
            ("", []), (",", []), (" , ,\t", []), ("a", ["a"]), (" a , b,c ", ["a", "b", "c"]), ("a,,b", ["a", "b"]),
            ("a=\"b,c\", d", ["a=\"b,c\"", "d"]), ("\"a\\\",b\",c", ["\"a\\\",b\"", "c"]), ("\"a,b", ["\"a,b"]),
            ("\"a\\", ["\"a\\"]), ("a\\,b", ["a\\", "b"]), ("W/\"x,y\" ,\"z\"", ["W/\"x,y\"", "\"z\""]),
        ] as [(String, [String])])
    func lists(text: String, elements: [String]) {
        let bytes = Array(("xx" + text + "yy").utf8)
        let slice = bytes[2..<bytes.count - 2]
        #expect(ListElements(slice).map { String(decoding: $0, as: UTF8.self) } == elements)
        withCopy(slice) { #expect(ListElements($0).map { String(decoding: $0, as: UTF8.self) } == elements) }
    }

    @Test("parameters split at semicolons")
    func parameters() {
        let parts = ListElements(Array("a;q=1; b=\";\"".utf8), separator: 0x3b)
        #expect(parts.map { String(decoding: $0, as: UTF8.self) } == ["a", "q=1", "b=\";\""])
    }

    @Test(
        "decimals",
        arguments: [
            ("0", 0), ("007", 7), ("9223372036854775807", .max), ("9223372036854775808", nil),
            ("99999999999999999999999999", nil), ("92233720368547758070", nil), ("", nil), ("-1", nil), ("+1", nil),
            (" 1", nil), ("1.0", nil), ("1a", nil), ("99999999999999999999999999x", nil),
        ] as [(String, Int64?)])
    func decimals(text: String, value: Int64?) {
        #expect(Text.exactDecimal(text.utf8) == value)
    }

    @Test("trim, tokens, words, hex")
    func small() {
        #expect(Text.trim(Array(" \ta b\t ".utf8)).elementsEqual("a b".utf8))
        #expect(Text.trim(Array(" \t ".utf8)).isEmpty)
        #expect(Text.isToken("max-age".utf8))
        #expect(!Text.isToken("".utf8) && !Text.isToken("a b".utf8) && !Text.isToken("\u{e9}".utf8))
        #expect(Text.equals("No-Cache".utf8, "no-cache"))
        #expect(!Text.equals("no_cache".utf8, "no-cache") && !Text.equals("no-cach".utf8, "no-cache"))
        #expect(!Text.equals("[".utf8, "{"))
        for value in UInt8(0)..<16 { #expect(Text.hexValue(Text.hexDigit(value)) == value) }
        #expect(Text.hexValue(0x66) == 15 && Text.hexValue(0x67) == nil && Text.hexValue(0x40) == nil)
    }
}
