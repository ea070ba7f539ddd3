import HTTPCaching
import HTTPMessage
import Testing

@Suite("Cache groups (RFC 9875)")
struct CacheGroupsTests {
    @Test(
        "a List of Strings over all lines (§2, RFC 9651 §3.1); anything else has no groups",
        arguments: [
            ([#""a", "b""#], ["a", "b"]), ([#""a""#, #""b""#], ["a", "b"]), ([#""a";x=1, "b""#], ["a", "b"]),
            ([#""a", "a""#], ["a"]), ([#""A", "a""#], ["A", "a"]), ([#""with, comma""#], ["with, comma"]), ([""], []),
            (["a, b"], []), ([#""a", 1"#], []), ([#""a", ("b")"#], []), ([#""a"#], []), ([#""a",,"b""#], []),
        ] as [([String], [String])])
    func names(lines: [String], expected: [String]) {
        let fields = FieldBlock(lines.map { ("Cache-Groups", $0) })
        #expect(CacheGroups.names(.cacheGroups, of: fields).map { String(decoding: $0, as: UTF8.self) } == expected)
        #expect(CacheGroups.names(.cacheGroupInvalidation, of: fields).isEmpty)
    }

    @Test("32 groups of 32 characters are kept (§2); of more, and of longer ones, a bounded part")
    func bounds() {
        func count(_ groups: Int, _ length: Int) -> Int {
            let list = (0..<groups).map { "\"\(String(repeating: "x", count: length - 4))\(1000 + $0)\"" }
            let fields = FieldBlock([("Cache-Groups", list.joined(separator: ", "))])
            return CacheGroups.names(.cacheGroups, of: fields).count
        }
        #expect(count(32, 32) == 32)
        #expect(count(200, 32) == CacheGroups.maxGroups)
        #expect(count(2, CacheGroups.maxLength + 1) == 0)
        #expect(count(2000, 100) == 0, "a field above 64 KB is not read")
    }
}
