import Invalidation
import Testing

@Suite("Globs")
struct GlobTests {
    struct Row: Sendable {
        var pattern: String
        var matching: [String]
        var others: [String]
    }

    @Test(
        "match whole texts",
        arguments: [
            Row(pattern: "/a", matching: ["/a"], others: ["", "/", "/a/", "/ab", "x/a"]),
            Row(
                pattern: "/static/*", matching: ["/static/", "/static/a/b.css"],
                others: ["/static", "/Static/a", "/x/static/a"]),
            Row(pattern: "*", matching: ["", "/", "/a/b"], others: []),
            Row(pattern: "*.css", matching: [".css", "/a/b.css", "/a.css.css"], others: ["/a.cs", "/a.css/", "css"]),
            Row(pattern: "/a?c", matching: ["/abc", "/a/c", "/a?c"], others: ["/ac", "/abbc"]),
            Row(pattern: "/*/img/*", matching: ["/a/img/", "/a/b/img/c", "//img/"], others: ["/img/", "/a/img"]),
            Row(pattern: "a*b*c", matching: ["abc", "aXbYc", "abcbc", "abbcc"], others: ["ab", "acb", "abcd"]),
            Row(pattern: "**", matching: ["", "x"], others: []),
            Row(pattern: "*?", matching: ["x", "xy"], others: [""]),
            Row(pattern: "?*?", matching: ["xy", "xyz"], others: ["x", ""]),
            Row(pattern: "utm_*", matching: ["utm_", "utm_source"], others: ["utm", "UTM_source", "my_utm_x"]),
            Row(pattern: "*aab", matching: ["aab", "aaab", "aabaab"], others: ["aaba"]),
            Row(pattern: "*aa*b", matching: ["aab", "xaaxb"], others: ["ab", "aa"]),
            Row(pattern: "", matching: [""], others: ["a"]),
        ])
    func match(_ row: Row) {
        let glob = Glob(row.pattern)
        #expect(row.matching.filter { !glob.matches($0) } == [])
        #expect(row.others.filter { glob.matches($0) } == [])
        #expect(glob.text == row.pattern)
    }

    @Test("agree with the plainest matcher there is on all short patterns and texts")
    func exhaustive() {
        func words(_ alphabet: [UInt8], upTo length: Int) -> [[UInt8]] {
            var all: [[UInt8]] = [[]]
            var last: [[UInt8]] = [[]]
            for _ in 0..<length {
                last = last.flatMap { word in alphabet.map { word + [$0] } }
                all += last
            }
            return all
        }
        func plain(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == UInt8(ascii: "*") {
                return plain(pattern.dropFirst(), text) || (!text.isEmpty && plain(pattern, text.dropFirst()))
            }
            guard let byte = text.first, first == byte || first == UInt8(ascii: "?") else { return false }
            return plain(pattern.dropFirst(), text.dropFirst())
        }
        var differing = 0
        let texts = words(Array("ab".utf8), upTo: 4)
        for pattern in words(Array("a*?b".utf8), upTo: 4) {
            let glob = Glob(pattern)
            for text in texts where text.withUnsafeBytes({ glob.matches($0) }) != plain(pattern[...], text[...]) {
                differing += 1
            }
        }
        #expect(differing == 0)
    }

    /// Attack class 24. A matcher that goes back to every star would need longer than the machine will live.
    @Test("many stars over a long text end", .timeLimit(.minutes(1)))
    func noBlowUp() {
        let glob = Glob(String(repeating: "*a", count: 200) + "*b")
        #expect(!glob.matches(String(repeating: "a", count: 5_000)))
    }

    @Test(
        "what looks alike at every byte takes as long as the text, with ? in it too", .timeLimit(.minutes(1)),
        arguments: ["b", "?b"])
    func alike(end: String) {
        let text = String(repeating: "a", count: 8_000)
        let glob = Glob("*" + String(repeating: "a", count: 1_000) + end + "*")
        // Byte by byte from each place these are thousands of millions of steps.
        for _ in 0..<200 { #expect(!glob.matches(text)) }
        #expect(glob.matches(text + "ab"))
    }

    @Test("pieces longer than a machine word, with ? anywhere in them")
    func longPieces() {
        let run = String(repeating: "xy", count: 100)
        #expect(Glob("*\(run)?\(run)z*").matches("--\(run)-\(run)z--"))
        #expect(!Glob("*\(run)?\(run)z*").matches("--\(run)-\(run)y--"))
        #expect(Glob("?*\(run)*?").matches("a\(run)b"))
        #expect(!Glob("?*\(run)*?").matches("a\(run)"))
    }
}
