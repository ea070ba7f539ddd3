import Settings
import Testing

@Suite("Documents without measure")
struct DocumentBoundsTests {
    @Test("a file above 1MB is not read")
    func tooLarge() {
        let yaml = Samples.least + String(repeating: "#", count: 1 << 20)
        #expect(Samples.mistakes(yaml) == ["proxy.conf:1:1: larger than 1MB; a configuration of that size is not read"])
    }

    @Test("a file of just under 1MB is", .timeLimit(.minutes(1)))
    func large() throws {
        let rows = (0..<1_000).map {
            "- { hosts: h\($0).example, origin: \"http://h\", rules: [{ match: { path: /x }, cache: false }] }\n"
        }
        let yaml = "sites:\n" + rows.joined()
        let configuration = try Samples.load(yaml + String(repeating: "#", count: (1 << 20) - yaml.utf8.count))
        #expect(configuration.sites.count == 1_000)
        #expect(configuration.origins.count == 1)
    }

    @Test(
        "nesting ends with a mistake, not with the stack", .timeLimit(.minutes(1)),
        arguments: [
            ("[", 40), ("[", 5_000), ("[", 500_000), ("{a: ", 40), ("{a: ", 5_000), ("- ", 40), ("- ", 100_000),
            ("? ", 50_000), ("[{? ", 20_000),
        ])
    func nesting(_ piece: String, _ count: Int) {
        #expect(Samples.mistakes("a: \n " + String(repeating: piece, count: count)).count == 1)
        #expect(Samples.mistakes(String(repeating: piece, count: count)).count == 1)
    }

    @Test("closed nesting too", .timeLimit(.minutes(1)), arguments: [33, 900, 5_000])
    func closedNesting(_ count: Int) {
        let yaml = "a: " + String(repeating: "[", count: count) + String(repeating: "]", count: count)
        #expect(Samples.mistakes(yaml).count == 1)
        let keys = String(repeating: "? [", count: count) + String(repeating: "]", count: count)
        #expect(Samples.mistakes("[" + keys + "]").count == 1)
    }

    @Test("aliases of aliases don't multiply", .timeLimit(.minutes(1)), arguments: [false, true])
    func bomb(_ inKey: Bool) {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            yaml += "a\(level): &a\(level) [\(uses)]\n"
        }
        if inKey { yaml += "? [*a30]\n: 1\n" }
        #expect(
            Samples.mistakes(yaml) == [
                "proxy.conf:1:1: too many aliases of anchors (*name of &name): the file could grow without bound"
            ])
    }

    @Test("an anchor that is named anew does not get around that", .timeLimit(.minutes(1)))
    func shadowedBomb() {
        let yaml = "x:\n- &a [x, x]\n" + String(repeating: "- &a [*a, *a]\n", count: 60) + "- {? *a : 1}\n"
        #expect(Samples.mistakes(yaml).count == 1)
        #expect(Samples.mistakes(yaml).first?.contains("too many aliases") == true)
    }

    @Test("many uses of one anchor are fine")
    func manyAliases() throws {
        let rows = (1..<500).map { "- { hosts: h\($0), origin: *o }\n" }
        let configuration = try Samples.load("sites:\n- { hosts: h0, origin: &o { url: http://h } }\n" + rows.joined())
        #expect(configuration.sites.count == 500)
    }

    @Test(
        "characters that YAML does not allow are named",
        arguments: [
            ("threads: \u{1}1\n", "1:10", "U+0001"), ("#\n#a\u{0}\n", "2:3", "U+0000"),
            ("\u{feff}#\u{feff}\n", "1:2", "U+FEFF"), ("#\u{7f}", "1:2", "U+007F"),
            ("#\u{ffff}", "1:2", "U+FFFF"), ("#\u{85}", "1:2", "U+0085"),
        ])
    func characters(_ yaml: String, _ place: String, _ name: String) {
        #expect(Samples.mistakes(yaml) == ["proxy.conf:\(place): a character that YAML does not allow: \(name)"])
    }

    @Test("a byte order mark at the start and CRLF are no mistakes")
    func windows() throws {
        let configuration = try Samples.load("\u{feff}" + Samples.least.replacing("\n", with: "\r\n"))
        #expect(configuration.sites.count == 1)
        let mistakes = Samples.mistakes("\u{feff}threads: 0\r\nstate: \"\"\r\n" + Samples.least)
        #expect(mistakes.map { $0.prefix(16) } == ["proxy.conf:1:10:", "proxy.conf:2:8: "])
    }

    @Test("bytes that are no UTF-8 are a mistake")
    func bytes() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(bytes: [0x61, 0xff], file: "proxy.conf", environment: [:])
        }
        #expect(error?.description == "proxy.conf:1:1: not UTF-8 text")
        let configuration = try Configuration.load(
            bytes: Array(Samples.least.utf8), file: "proxy.conf", environment: [:])
        #expect(configuration.sites.count == 1)
    }
}
