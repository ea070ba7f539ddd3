import CacheModel
import Engine
import HTTPMessage
import Testing

@Suite("Lines of the access log")
struct AccessLogFormatTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var sample: Sample
        var line: String
        var testDescription: String { sample.name }
    }

    static let rows: [Row] = [
        Row(
            sample: Sample(name: "nothing but the line"),
            line: #"127.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1024 "-" "-" hit memory"#),
        Row(
            sample: Sample(
                name: "all fields", client: Array("2001:db8::1".utf8),
                requestLine: Array("GET /a?b=c HTTP/1.1".utf8), status: 304, bodyBytes: 0,
                referer: Array("https://example.com/".utf8), userAgent: Array("curl/8.5.0".utf8), result: .revalidated,
                tier: .disk, now: Timestamp(milliseconds: 1_795_262_400_999)),
            line: #"2001:db8::1 - - [21/Nov/2026:12:00:00 +0000] "GET /a?b=c HTTP/1.1" 304 0 "#
                + #""https://example.com/" "curl/8.5.0" revalidated disk"#),
        Row(
            sample: Sample(
                name: "no tier, no request line, no client: a connection that sent nothing readable", client: [],
                requestLine: [], status: 400, bodyBytes: 12, result: .synthetic, tier: nil),
            line: #"- - - [21/Nov/2026:12:00:00 +0000] "-" 400 12 "-" "-" synthetic -"#),
        Row(
            sample: Sample(
                name: "a line end in the request line (attacks.md 9: log injection)",
                requestLine: Array("GET /\r\n127.0.0.1 - - HTTP/1.1".utf8)),
            line: #"127.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET /\x0d\x0a127.0.0.1 - - HTTP/1.1" 200 1024 "#
                + #""-" "-" hit memory"#),
        Row(
            sample: Sample(
                name: "a quote and a backslash that would end the column", referer: Array(#"a" 200 "\"#.utf8),
                userAgent: Array(#"\""#.utf8)),
            line:
                #"127.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1024 "a\" 200 \"\\" "\\\"" hit memory"#
        ),
        Row(
            sample: Sample(
                name: "terminal escapes and bytes that are no text",
                userAgent: [0x1b, 0x5b, 0x32, 0x4a, 0x7f, 0xff, 0x80, 0]),
            line: #"127.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1024 "-" "#
                + #""\x1b[2J\x7f\xff\x80\x00" hit memory"#),
        Row(
            sample: Sample(
                name: "numbers at their ends", status: -1, bodyBytes: .max, result: .pass, tier: nil,
                now: Timestamp(milliseconds: .max)),
            line: #"127.0.0.1 - - [31/Dec/9999:23:59:59 +0000] "GET / HTTP/1.1" 0 9223372036854775807 "-" "-" pass -"#),
        Row(
            sample: Sample(name: "before 1970", bodyBytes: -5, now: Timestamp(milliseconds: .min)),
            line: #"127.0.0.1 - - [01/Jan/1970:00:00:00 +0000] "GET / HTTP/1.1" 200 0 "-" "-" hit memory"#),
        Row(
            sample: Sample(
                name: "values beyond their bounds are cut", requestLine: [UInt8](repeating: 0x61, count: 8193),
                referer: [UInt8](repeating: 0x62, count: 2049), userAgent: [UInt8](repeating: 0x63, count: 100_000)),
            line: "127.0.0.1 - - [21/Nov/2026:12:00:00 +0000] \"" + String(repeating: "a", count: 8192)
                + "...\" 200 1024 \"" + String(repeating: "b", count: 2048) + "...\" \""
                + String(repeating: "c", count: 1024)
                + "...\" hit memory"),
    ]

    @Test("Each record makes exactly this line", arguments: rows)
    func line(row: Row) throws {
        #expect(String(decoding: try Sample.written([row.sample]), as: UTF8.self) == row.line + "\n")
    }

    @Test("Every result and tier is written by its own word")
    func words() throws {
        var samples: [Sample] = []
        var ends: [String] = []
        for result in CacheResult.allCases {
            for tier in [nil] + TierName.allCases.map(Optional.some) {
                samples.append(Sample(result: result, tier: tier))
                ends.append("\(result.rawValue) \(tier?.rawValue ?? "-")")
            }
        }
        let lines = String(decoding: try Sample.written(samples), as: UTF8.self).split(separator: "\n")
        #expect(lines.map { $0.split(separator: " ").suffix(2).joined(separator: " ") } == ends)
    }

    @Test("The index of a result is its place among all")
    func indexes() {
        #expect(CacheResult.allCases.map(\.index) == Array(0..<CacheResult.allCases.count))
    }

    @Test("Every byte at every place of a word is escaped or kept as it should be")
    func everyByte() throws {
        var samples: [Sample] = []
        var expected: [String] = []
        for byte in UInt8.min...UInt8.max {
            for place in 0..<9 {
                var value = [UInt8](repeating: 0x7e, count: 9)
                value[place] = byte
                // A second hostile neighbour, so that a borrow between bytes would show.
                if place > 0 { value[place - 1] = byte &+ 1 }
                samples.append(Sample(userAgent: value))
                expected.append("\"" + value.map(Self.escaped).joined() + "\"")
            }
        }
        let lines = String(decoding: try Sample.written(samples), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == samples.count)
        for (line, value) in zip(lines, expected) {
            #expect(line.hasSuffix("\"-\" \(value) hit memory"))
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case 0x22: "\\\""
        case 0x5c: "\\\\"
        case 0x20...0x7e: String(UnicodeScalar(byte))
        default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }

    @Test("The stamp follows the clock, forward and back")
    func stamps() throws {
        let moments: [(Int64, String)] = [
            (1_795_262_399_999, "21/Nov/2026:11:59:59"), (1_795_262_400_000, "21/Nov/2026:12:00:00"),
            (1_795_262_400_999, "21/Nov/2026:12:00:00"), (1_795_262_401_000, "21/Nov/2026:12:00:01"),
            (1_795_262_399_000, "21/Nov/2026:11:59:59"), (951_782_400_000, "29/Feb/2000:00:00:00"),
        ]
        let samples = moments.map { Sample(now: Timestamp(milliseconds: $0.0)) }
        let lines = String(decoding: try Sample.written(samples), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == moments.count)
        for (line, moment) in zip(lines, moments) { #expect(line.contains("[\(moment.1) +0000]")) }
    }

    @Test("The largest lines, all escapes, fit the buffers and come whole")
    func largest() throws {
        let hostile = [UInt8](repeating: 0x01, count: 20_000)
        let sample = Sample(client: hostile, requestLine: hostile, referer: hostile, userAgent: hostile)
        let lines = String(decoding: try Sample.written(Array(repeating: sample, count: 20)), as: UTF8.self)
            .split(separator: "\n")
        #expect(lines.count == 20)
        #expect(Set(lines).count == 1)
        #expect(lines[0].utf8.count > 4 * (128 + 8192 + 2048 + 1024))
    }
}
