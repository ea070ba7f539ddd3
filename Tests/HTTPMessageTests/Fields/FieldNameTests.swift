import Testing

@testable import HTTPMessage

@Suite("Interned field names")
struct FieldNameTests {
    static func intern(_ text: String) -> FieldName { withCopy(text.utf8) { FieldName.intern($0) } }

    @Test("every name is found in any letter case")
    func known() {
        for name in FieldName.allCases where name != .other {
            let text = "\(name.text)"
            #expect(Self.intern(text) == name)
            #expect(Self.intern(text.lowercased()) == name)
            #expect(Self.intern(text.uppercased()) == name)
            #expect(withCopy(text.uppercased().utf8) { name.equals($0) })
        }
    }

    @Test("a name with one byte changed, more or less is another")
    func neighbours() {
        let known = Set(FieldName.allCases.map { "\($0.text)".lowercased() })
        for name in FieldName.allCases where name != .other {
            let text = Array("\(name.text)".lowercased().utf8)
            for i in text.indices {
                var changed = text
                changed[i] = text[i] == 0x71 ? 0x72 : 0x71
                let string = String(decoding: changed, as: UTF8.self)
                if !known.contains(string) { #expect(Self.intern(string) == .other, "\(string)") }
            }
            #expect(Self.intern(String(decoding: text + [0x78], as: UTF8.self)) == .other)
            let shorter = String(decoding: text.dropLast(), as: UTF8.self)
            if !known.contains(shorter) { #expect(Self.intern(shorter) == .other) }
        }
        #expect(Self.intern("") == .other)
        #expect(Self.intern(String(repeating: "x", count: 1000)) == .other)
    }

    @Test("the hash spreads the names: nearly all are found at the first look")
    func spread() {
        let probes = FieldName.allCases.filter { $0 != .other }.map { FieldNameTable.shared.probes($0) }
        #expect(probes.max()! <= 4)
        #expect(probes.filter { $0 == 1 }.count * 10 >= probes.count * 8)
        let longest = FieldName.allCases.map { $0.bytes.count }.max()!
        #expect(longest <= 32)
    }

    @Test("methods by their bytes, letter case and all")
    func methods() {
        for method in Method.allCases where method != .other {
            let text = "\(method.text)"
            #expect(withCopy(text.utf8) { Method($0) } == method)
            #expect(Method(text.utf8.lazy.map { $0 }) == method)
            #expect(Method(text.lowercased().utf8) == .other)
            #expect(Method((text + "X").utf8) == .other)
            #expect(Method(text.dropLast().utf8) == .other)
            #expect(Method((text.dropLast() + "Q").utf8) == .other)
        }
        #expect(Method("".utf8) == .other)
    }
}
