import HTTPMessage
import Testing

@testable import Engine

@Suite("The tags of a response")
struct TagListTests {
    private func list(_ fields: [(String, String)], _ names: [TagField] = TagField.standard) -> TagList {
        TagList(FieldBlock(fields), names)
    }

    private func texts(_ list: TagList) -> [String] { list.tags.map { String(decoding: $0, as: UTF8.self) } }

    @Test(
        "each field has its separator (design.md section 8)",
        arguments: [
            ("Surrogate-Key", "a b", ["a", "b"]), ("surrogate-KEY", "\ta  b\t", ["a", "b"]),
            ("xkey", "a,b c", ["a,b", "c"]),
            ("Cache-Tag", "a b, c", ["a b", "c"]), ("X-Cache-Tags", ",a,, b ,", ["a", "b"]), ("Other", "a b", []),
            ("Surrogate-Key", "", []), ("Surrogate-Key", "a a A", ["a", "A"]),
        ])
    func fields(name: String, value: String, expected: [String]) {
        let found = list([(name, value)])
        #expect(texts(found) == expected && !found.cut)
    }

    @Test("several fields add up, each tag once; only the site's fields count")
    func several() {
        let fields = [("Surrogate-Key", "a b"), ("Cache-Tag", "b,c"), ("Surrogate-Key", "d")]
        #expect(texts(list(fields)) == ["a", "b", "c", "d"])
        #expect(texts(list(fields, [TagField(name: "Cache-Tag")])) == ["b", "c"])
        #expect(texts(list([("X-My-Tags", "a b")], [TagField(name: "X-My-Tags")])) == ["a", "b"])
    }

    @Test(
        "the number is bounded, and what was cut is told (rule 2)",
        arguments: [(256, false), (257, true), (1000, true)])
    func many(count: Int, cut: Bool) {
        let found = list([("Surrogate-Key", (0..<count).map { "t\($0)" }.joined(separator: " "))])
        #expect(found.tags.count == min(count, 256) && found.cut == cut)
    }

    @Test("the length is bounded, and what was cut is told", arguments: [(1024, false), (1025, true)])
    func long(length: Int, cut: Bool) {
        let found = list([("Surrogate-Key", "a " + String(repeating: "x", count: length) + " b")])
        #expect(found.cut == cut && found.tags.count == (cut ? 2 : 3))
    }
}
