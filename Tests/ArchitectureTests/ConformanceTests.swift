import Foundation
import TestSupport
import Testing

/// docs/conformance.md names tests; a test that was renamed or deleted proves nothing any more.
@Suite("Conformance")
struct ConformanceTests {
    /// `Suite.function` in backquotes.
    private static func names(in text: String) -> [(suite: String, function: String)] {
        text.matches(of: /`(\w+)\.(\w+)`/).filter { $0.1.first?.isUppercase == true }.map {
            (String($0.1), String($0.2))
        }
    }

    @Test("Every test that docs/conformance.md names exists")
    func testsExist() throws {
        let text = try String(contentsOfFile: Repository.path("docs/conformance.md"), encoding: .utf8)
        let files = try SourceText.files(below: "Tests").map { SourceText.withoutComments($0.text, strings: false) }
        let named = Self.names(in: text)
        #expect(named.count > 50)
        for (suite, function) in named {
            let exists = files.contains { file in
                file.contains("struct \(suite) {") && file.contains("func \(function)(")
            }
            #expect(exists, "\(suite).\(function)")
        }
    }

    @Test("Every row of its tables names a test")
    func rowsNameTests() throws {
        let text = try String(contentsOfFile: Repository.path("docs/conformance.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter {
            $0.hasPrefix("|") && !$0.hasPrefix("|---") && !$0.hasPrefix("| rule |")
        }
        #expect(rows.count > 40)
        for row in rows { #expect(!Self.names(in: String(row)).isEmpty, "\(row)") }
    }
}
