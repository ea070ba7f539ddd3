import TestSupport
import Settings
import Testing

@Suite("Mutations of the sample")
struct MutationTests {

    private static let pieces = [
        "", "\n", " ", "\t", ":", "- ", "[", "]", "{", "}", "\"", "'", "*", "&a ", "*a", "#", "${", "}", "${X}", "$${",
        "%", "!!int ",
        "<<: ", "0", "-1", "99999999999999999999", "1e3", "5m", "7TB", "::", "[::1]:80", "/", "\\", "é", "\u{0}",
        "\u{1F600}", "? ", "|\n", ">\n",
        "---\n", "...\n", "null", "~", "true", "on", "http://", "@", "a@b", "\r", "\u{2028}", "\\x00", "unix:/",
    ]

    /// Every run ends in a configuration or in mistakes that all have a place in the file; no run traps.
    @Test("end in a configuration or in mistakes with places", .timeLimit(.minutes(2)), arguments: 0..<8)
    func mutate(_ seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let sample = Array(Samples.design.unicodeScalars)
        var right = 0
        for _ in 0..<150 {
            var scalars = sample
            for _ in 0..<Int.random(in: 1...4, using: &generator) { Self.mutate(&scalars, &generator) }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            let yaml = String(text)
            do throws(ConfigurationError) {
                let configuration = try Samples.load(yaml, ["STRATA_PURGE_TOKEN": "t"])
                right += configuration.sites.isEmpty ? 0 : 1
            } catch {
                #expect(!error.mistakes.isEmpty)
                #expect(error.mistakes.allSatisfy { $0.line > 0 && $0.column > 0 && !$0.message.isEmpty }, "\(yaml)")
            }
        }
        #expect(right > 0)
    }

    private static func mutate(_ scalars: inout [Unicode.Scalar], _ generator: inout SplitMix) {
        let start = Int.random(in: 0..<scalars.count, using: &generator)
        let end = min(scalars.count, start + Int.random(in: 0...12, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: scalars.removeSubrange(start..<end)
        case 1: scalars.replaceSubrange(start..<end, with: pieces.randomElement(using: &generator)!.unicodeScalars)
        case 2: scalars.insert(contentsOf: pieces.randomElement(using: &generator)!.unicodeScalars, at: start)
        default:
            scalars.insert(
                contentsOf: Array(scalars[start..<end]), at: Int.random(in: 0..<scalars.count, using: &generator))
        }
        if scalars.isEmpty { scalars = ["a"] }
    }
}
