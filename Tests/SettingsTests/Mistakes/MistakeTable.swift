import Testing

/// Files and what is said about them, written as text: the file, then lines with `=> line:column: key: message`, then
/// an empty line. `…` stands for the least that is a configuration, `⇥` for a tab, `(empty)` for nothing.
enum MistakeTable {
    struct Row: Sendable, CustomTestStringConvertible {
        var yaml = ""
        var messages: [String] = []

        var testDescription: String { yaml }
    }

    static func rows(_ table: String) -> [Row] {
        var rows = [Row()]
        for line in table.split(separator: Character("\n"), omittingEmptySubsequences: false) {
            let last = rows.count - 1
            if line.isEmpty {
                rows.append(Row())
            } else if line.hasPrefix("=> ") {
                rows[last].messages.append("proxy.conf:" + line.dropFirst(3))
            } else if line == "…" {
                rows[last].yaml += Samples.least
            } else if line != "(empty)" {
                rows[last].yaml += String(line.map { $0 == "⇥" ? "\t" : $0 }) + "\n"
            }
        }
        return rows
    }
}
