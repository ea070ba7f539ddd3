import Foundation
import TestSupport

/// Swift sources as text: enough to find words and imports, not a parser.
enum SourceText {
    struct File {
        /// Below the repository.
        var path: String
        var text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    /// All Swift files below a folder of the repository.
    static func files(below folder: String) throws -> [File] {
        let root = Repository.path(folder)
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map {
            File(path: folder + "/" + $0, text: try String(contentsOfFile: root + "/" + $0, encoding: .utf8))
        }
    }

    /// The text without line comments, block comments (not nested) and the insides of string literals when `strings`
    /// is off. Lines keep their numbers.
    static func withoutComments(_ text: String, strings keepsStrings: Bool = true) -> String {
        var out = ""
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("//") {
                rest = rest.drop { $0 != "\n" }
            } else if rest.hasPrefix("/*") {
                let end = rest.range(of: "*/")?.upperBound ?? rest.endIndex
                out += rest[..<end].filter { $0 == "\n" }
                rest = rest[end...]
            } else if character == "\"" || character == "#" && rest.drop(while: { $0 == "#" }).first == "\"" {
                let literal = self.literal(rest)
                out += keepsStrings ? String(literal) : "\"\"" + literal.filter { $0 == "\n" }
                rest = rest[literal.endIndex...]
            } else {
                out.append(character)
                rest.removeFirst()
            }
        }
        return out
    }

    /// The string literal that `text` begins with; `"` or `#"…"#`.
    private static func literal(_ text: Substring) -> Substring {
        let marks = text.prefix { $0 == "#" }
        if !marks.isEmpty {
            let end = text.dropFirst(marks.count + 1).range(of: "\"" + marks)?.upperBound
            return text[..<(end ?? text.endIndex)]
        }
        let quote = text.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        var rest = text.dropFirst(quote.count)
        while !rest.isEmpty, !rest.hasPrefix(quote) { rest = rest.dropFirst(rest.first == "\\" ? 2 : 1) }
        return text[..<(text.index(rest.startIndex, offsetBy: quote.count, limitedBy: text.endIndex) ?? text.endIndex)]
    }

    /// `text` up to the bracket that closes the one before it.
    static func balanced(_ text: Substring, open: Character, close: Character) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == open { depth += 1 }
            if text[index] == close { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }

    /// The modules that the text imports: `package import NIOCore`, `import struct Foundation.Data`, ….
    static func imports(_ text: String) -> Set<String> {
        let line =
            /^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|func|protocol|typealias|var|let)\s+)?(\w+)/
            .anchorsMatchLineEndings()
        return Set(withoutComments(text).matches(of: line).map { String($0.1) })
    }
}
