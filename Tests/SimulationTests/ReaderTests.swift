import Eviction
import Glibc
import Simulation
import Testing

/// What a line of each format comes to, and what an error says.
@Suite struct ReaderTests {
    private func read(_ text: String) throws -> Trace {
        try TemporaryFile.with(text) { path in try TraceReader.read([path]) }
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var requests: [UInt32]
        var sizes: [Int]
        var skipped = 0
    }

    static let samples = [
        Sample(testDescription: "key size", text: "a 10\nb 20\na 10\n", requests: [0, 1, 0], sizes: [10, 20]),
        Sample(testDescription: "time key size, tabs", text: "1\ta\t10\n2\tb\t20", requests: [0, 1], sizes: [10, 20]),
        Sample(
            testDescription: "commas, CRLF, empty lines", text: "1,7,5\r\n\r\n2,7,6\r\n", requests: [0, 0], sizes: [6]),
        Sample(
            testDescription: "common: only GET and cacheable statuses; a 304 asks for what the 200 brought",
            text: """
                ::1 - - [21/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 100
                ::1 - - [21/Nov/2026:12:00:00 +0000] "POST /a HTTP/1.1" 200 5
                ::1 - - [21/Nov/2026:12:00:00 +0000] "GET /b HTTP/1.1" 500 5
                ::1 - - [21/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" 304 -
                """, requests: [0, 0], sizes: [100], skipped: 2),
        Sample(
            testDescription: "combined, with an escaped quote in the target and Strata's two words behind it",
            text: """
                ::1 - - [21/Nov/2026:12:00:00 +0000] "GET /\\"x\\" HTTP/1.1" 200 7 "-" "agent \\"a\\"" hit memory
                """, requests: [0], sizes: [7]),
        Sample(
            testDescription: "JSON: hosts apart, other members passed over",
            text: """
                {"time":"t","host":"a","method":"GET","url":"/x","status":200,"bytes":9,"more":{"a":[1,"}"]}}
                { "host": "b", "method": "GET", "url": "/x", "status": 200, "bytes": 8 }
                {"host":"a","method":"HEAD","url":"/x","status":200,"bytes":0}
                {"host":"a","request":"GET /x HTTP/1.1","status":"304","bytes":0}
                """, requests: [0, 1, 0], sizes: [9, 8], skipped: 1),
    ]

    @Test("a format is known by its first line", arguments: samples)
    func formats(sample: Sample) throws {
        let trace = try read(sample.text)
        #expect(trace.requests == sample.requests)
        #expect(trace.sizes == sample.sizes)
        #expect(trace.skippedLines == sample.skipped)
    }

    @Test(
        "an error names the line",
        arguments: [
            ("a 1\nb x\n", 2, "the size \"x\" is no whole number"),
            ("a 1\n\nb\n", 3, "not 2 fields, as in the first line"),
            ("a -1\n", 1, "the size \"-1\" is no whole number"),
            ("a b c d\n", 1, "neither \"key size\", \"time key size\", an access log nor JSON"),
            ("1.1.1.1 - - [t] \"GET / HTTP/1.1\" 200 1\nnonsense\n", 2, "no \"request line\" in quotes"),
            ("{\"url\":\"/\"}\n", 1, "no \"status\" and \"bytes\" that are whole numbers"),
            ("{\"url\":\"/\",\"status\":200,\"bytes\":1}\n{\"url\":\n", 2, "not a JSON object of names and values"),
        ])
    func errors(text: String, line: Int, reason: String) throws {
        let error = #expect(throws: InputError.self) { try read(text) }
        #expect(error?.line == line)
        #expect(error?.reason.hasPrefix(reason) == true, "\(error?.reason ?? "")")
    }

    @Test("a line may be 1 MB long and no longer")
    func longLine() {
        let error = #expect(throws: InputError.self) { try read("a 1\n" + String(repeating: "x", count: 2 << 20)) }
        #expect(error?.line == 2)
        #expect(error?.reason == "the line is longer than 1 MB")
    }

    @Test("a file that is not there, and a folder, are errors of their own")
    func noFile() {
        let missing = #expect(throws: InputError.self) { try TraceReader.read(["/nowhere/at/all"]) }
        #expect(missing?.description == "/nowhere/at/all: No such file or directory")
        let folder = #expect(throws: InputError.self) { try TraceReader.read(["/tmp"]) }
        #expect(folder?.reason == "is a folder")
    }

    @Test("gzip is unpacked, members one behind the other too, with zeros at the end")
    func gzip() throws {
        let whole = try TraceReader.read([Traces.web12])
        #expect(whole.requests.count == 95_607)
        #expect(whole.sizes.count == 13_756)
        let bytes = try TemporaryFile.bytes(of: Traces.web12)
        let twice = bytes + bytes + [UInt8](repeating: 0, count: 512)
        let trace = try TemporaryFile.with(twice) { path in try TraceReader.read([path]) }
        #expect(trace.requests.count == 2 * 95_607)
    }

    enum Damage: CaseIterable { case cut, flipped, followed }

    @Test(
        "gzip that was cut, that is damaged or that something else follows is an error of a line",
        arguments: Damage.allCases)
    func damagedGzip(damage: Damage) throws {
        var bytes = try TemporaryFile.bytes(of: Traces.web12)
        switch damage {
        case .cut: bytes.removeLast(bytes.count / 2)
        case .flipped: bytes[bytes.count - 5] ^= 1
        case .followed: bytes += Array("1 1\n".utf8)
        }
        let error = #expect(throws: InputError.self) {
            try TemporaryFile.with(bytes) { _ = try TraceReader.read([$0]) }
        }
        let (line, reason) =
            switch damage {
            case .cut: (1..<95_607, "the gzip data ends too early")
            case .flipped: (95_608..<95_609, "the gzip data is damaged: incorrect data check")
            case .followed: (95_608..<95_609, "what follows the gzip data is no gzip")
            }
        #expect(line.contains(error?.line ?? 0) && error?.reason == reason, "\(String(describing: error))")
    }

    @Test("sizes whose sum nobody can count are an error, those of a petabyte are none")
    func sums() throws {
        let lines = (1...20).map { "\($0) 999999999999999999\n" }.joined()
        let error = #expect(throws: InputError.self) { try read(lines) }
        #expect(error?.line == 10)
        let large = try read("a 1125899906842624\nb 1\na 1125899906842624\n")
        #expect(large.replay(.adaptive, capacity: large.footprint).hits == 1)
    }
}
