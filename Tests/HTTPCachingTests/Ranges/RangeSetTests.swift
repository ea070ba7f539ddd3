import TestSupport
import HTTPCaching
import HTTPMessage
import Testing

@Suite struct RangeSetTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var range: [String]
        var length = 1000
        /// Nil: the field is ignored.
        var expected: RangeSelection?
        var testDescription: String { "\(rule): \(range)" }
    }

    static let valid: [Row] = [
        Row(rule: "RFC 9110 §14.1.2 first-last", range: ["bytes=0-499"], expected: .part(0..<500)),
        Row(rule: "RFC 9110 §14.1.2 one byte", range: ["bytes=500-500"], expected: .part(500..<501)),
        Row(rule: "RFC 9110 §14.1.2 open", range: ["bytes=990-"], expected: .part(990..<1000)),
        Row(rule: "RFC 9110 §14.1.2 everything", range: ["bytes=0-"], expected: .part(0..<1000)),
        Row(rule: "RFC 9110 §14.1.2 suffix", range: ["bytes=-5"], expected: .part(995..<1000)),
        Row(rule: "RFC 9110 §14.1.2 suffix longer than the body", range: ["bytes=-2000"], expected: .part(0..<1000)),
        Row(rule: "RFC 9110 §14.1.2 last beyond the body", range: ["bytes=900-5000"], expected: .part(900..<1000)),
        Row(rule: "RFC 9110 §14.1 unit in any case", range: ["BYTES=1-2"], expected: .part(1..<3)),
        Row(rule: "RFC 9110 §5.6.1 empty members", range: ["bytes=1-2,, ,"], expected: .part(1..<3)),
        Row(rule: "RFC 9110 §5.6.1 whitespace", range: ["bytes=0-1 ,\t5-6"], expected: .parts([0..<2, 5..<7])),
        Row(rule: "RFC 9110 §14.1.2 leading zeros", range: ["bytes=0000-0001"], expected: .part(0..<2)),
        Row(
            rule: "RFC 9110 §15.3.7.2 order kept", range: ["bytes=500-509,0-9,-1"],
            expected: .parts([500..<510, 0..<10, 999..<1000])),
        Row(rule: "RFC 9110 §15.3.7.2 touching", range: ["bytes=0-9,10-19"], expected: .part(0..<20)),
        Row(rule: "RFC 9110 §15.3.7.2 a gap of one", range: ["bytes=0-9,11-19"], expected: .parts([0..<10, 11..<20])),
        Row(
            rule: "RFC 9110 §15.3.7.2 overlap at the first one's place", range: ["bytes=100-199,0-9,150-299"],
            expected: .parts([100..<300, 0..<10])),
        Row(
            rule: "RFC 9110 §15.3.7.2 the last joins all", range: ["bytes=100-199,0-9,5-150"],
            expected: .part(0..<200)),
        Row(
            rule: "RFC 9110 §14.1.2 what is beyond is left out", range: ["bytes=0-9,2000-"], expected: .part(0..<10)),
    ]

    static let unsatisfiable: [Row] = [
        Row(rule: "RFC 9110 §15.5.17 first at the end", range: ["bytes=1000-"], expected: .unsatisfiable),
        Row(rule: "RFC 9110 §15.5.17 all beyond", range: ["bytes=1000-1001,2000-"], expected: .unsatisfiable),
        Row(rule: "RFC 9110 §14.1.2 suffix of none", range: ["bytes=-0"], expected: .unsatisfiable),
        Row(rule: "RFC 9110 §14.1.2 empty body", range: ["bytes=0-"], length: 0, expected: .unsatisfiable),
        Row(rule: "RFC 9110 §14.1.2 suffix of an empty body", range: ["bytes=-5"], length: 0, expected: .whole),
    ]

    static let huge: [Row] = [
        Row(rule: "attacks.md 20", range: ["bytes=0-18446744073709551615"], expected: .part(0..<1000)),
        Row(rule: "attacks.md 20", range: ["bytes=0-9223372036854775807"], expected: .part(0..<1000)),
        Row(rule: "attacks.md 20", range: ["bytes=9223372036854775807-"], expected: .unsatisfiable),
        Row(rule: "attacks.md 20", range: ["bytes=18446744073709551616-"], expected: .unsatisfiable),
        Row(rule: "attacks.md 20", range: ["bytes=-99999999999999999999999999"], expected: .part(0..<1000)),
        Row(rule: "CVE-2017-7529", range: ["bytes=-623,-9223372036854775185"], expected: .part(0..<1000)),
        Row(rule: "RFC 9110 §14.1.2", range: ["bytes=99999999999999999999-99999999999999999998"]),
        Row(
            rule: "RFC 9110 §14.1.2", range: ["bytes=99999999999999999998-099999999999999999999"],
            expected: .unsatisfiable),
    ]

    static let ignored: [Row] =
        [
            "octets=1-2", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=--1", "bytes=5-2", "bytes=a-b", "bytes=1-2-3",
            "bytes=1 - 2", "bytes=+1-2", "bytes=1-2;3-4", "bytes =1-2", "bytes= 1-2", "bytes:1-2", "1-2", "",
            "bytes=0x1-2",
            "bytes=1-2,x", "bytes=99999999999999999999x-", "bytes=0-" + String(repeating: ",0-", count: 32),
        ].map { Row(rule: "RFC 9110 §14.2 ignored", range: [$0]) }
        + [
            Row(rule: "RFC 9110 §14.2 two lines", range: ["bytes=0-1", "bytes=0-1"]),
            Row(rule: "RFC 9110 §14.2 no line", range: []),
        ]

    @Test("A range is read and cut to the body's length", arguments: valid + unsatisfiable + huge + ignored)
    func resolves(row: Row) {
        let set = RangeSet.parse(FieldBlock(row.range.map { ("Range", $0) }))
        #expect(set?.resolve(length: row.length) == row.expected)
    }

    @Test("As many ranges as are allowed are read; they never bring a byte twice (RFC 9110 §17.15)")
    func most() throws {
        let spec = (0..<RangeSet.maxRanges).map { _ in "0-" }.joined(separator: ",")
        let set = try #require(RangeSet.parse(FieldBlock([("Range", "bytes=" + spec)])))
        #expect(set.specs.count == RangeSet.maxRanges && set.resolve(length: 10) == .part(0..<10))
    }

    @Test("Whatever the ranges are, the parts are disjoint, not empty and within the body", arguments: 0..<200)
    func disjoint(seed: UInt64) {
        var random = SplitMix(state: seed)
        let length = Int.random(in: 0...50, using: &random)
        let specs = (0..<Int.random(in: 1...12, using: &random)).map { _ -> RangeSet.Spec in
            let first = Int64.random(in: 0...60, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: return .from(first)
            case 1: return .suffix(first)
            default: return .span(first, first + Int64.random(in: 0...20, using: &random))
            }
        }
        var ranges: [Range<Int>] = []
        switch RangeSet(specs: specs).resolve(length: length) {
        case .part(let range): ranges = [range]
        case .parts(let several):
            ranges = several
            #expect(several.count > 1)
        case .whole: #expect(length == 0)
        case .unsatisfiable: break
        }
        var covered = Set<Int>()
        for range in ranges {
            #expect(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length)
            #expect(covered.isDisjoint(with: range))
            covered.formUnion(range)
        }
        let wanted = (0..<length).filter { at in
            specs.contains { spec in
                switch spec {
                case .span(let first, let last): Int64(at) >= first && Int64(at) <= last
                case .from(let first): Int64(at) >= first
                case .suffix(let count): Int64(length - at) <= count
                }
            }
        }
        #expect(covered == Set(wanted))
    }
}
