import TestSupport
import Testing

/// Rules of docs/ARCHITECTURE.md that the compiler doesn't know.
@Suite("Source rules")
struct SourceRules {
    /// Floors 1 and 2.
    static let pure = ["HTTPMessage", "Eviction", "RedisLocation", "HTTPCaching", "Invalidation"]

    @Test("The pure floors import no system module and have no async code", arguments: pure)
    func purity(target: String) throws {
        for file in try SourceText.files(below: "Sources/" + target) {
            let banned = SourceText.imports(file.text).filter {
                ["Foundation", "FoundationEssentials", "Glibc", "Dispatch"].contains($0) || $0.hasPrefix("NIO")
            }
            #expect(banned.isEmpty, "\(file.path) imports \(banned.sorted())")
            let code = SourceText.withoutComments(file.text, strings: false)
            #expect(!code.contains(/\b(?:async|await)\b/), "\(file.path) is asynchronous")
        }
    }

    @Test("Each step around the checker of data races says why it is safe")
    func provenUnsafety() throws {
        for file in try SourceText.files(below: "Sources") + SourceText.files(below: "Tests/TestSupport") {
            for line in Self.unproven(file.text) {
                Issue.record("\(file.path):\(line) has no \"Safe because\" near it")
            }
        }
    }

    /// Numbers of the lines with `@unchecked Sendable` or `nonisolated(unsafe)` and no proof within six lines.
    static func unproven(_ text: String) -> [Int] {
        let comments = text.split(separator: "\n", omittingEmptySubsequences: false)
        let code = SourceText.withoutComments(text, strings: false).split(
            separator: "\n", omittingEmptySubsequences: false)
        return code.indices.filter { index in
            guard code[index].contains("@unchecked Sendable") || code[index].contains("nonisolated(unsafe)") else {
                return false
            }
            let near = comments[max(0, index - 6)...min(comments.count - 1, index + 6)]
            return !near.contains { $0.lowercased().contains("safe because") }
        }.map { $0 + 1 }
    }

    @Test("A file above 500 lines says at its top why it is one")
    func length() throws {
        for file in try SourceText.files(below: "Sources") + SourceText.files(below: "Tests")
        where file.lines.count > 501 {
            let top = file.lines.prefix(10).joined(separator: "\n").lowercased()
            #expect(top.contains("long because"), "\(file.path): \(file.lines.count) lines")
        }
    }

    @Test("No checked-in code is unfinished or unchecked")
    func finished() throws {
        for file in try SourceText.files(below: "Sources") {
            for word in ["TODO", "FIXME", "fatalError(\"not implemented", "-Ounchecked"] {
                #expect(!file.text.contains(word), "\(file.path) holds \(word)")
            }
        }
    }

    @Test(
        "The search for proofs finds what has none",
        arguments: [
            ("final class A: @unchecked Sendable {}", [1]),
            ("// Safe because one thread owns it.\nfinal class A: @unchecked Sendable {}", []),
            ("// @unchecked Sendable\nlet a = \"nonisolated(unsafe)\"", []),
            ("\n\nnonisolated(unsafe) var a = 0\n\n\n\n\n\n\n// safe because far away", [3]),
        ])
    func proofs(text: String, lines: [Int]) { #expect(Self.unproven(text) == lines) }
}
