import Foundation
import TestSupport

/// The table of docs/ARCHITECTURE.md: which target stands on which floor and what it depends on.
struct FloorTable {
    struct Row {
        /// C is 0.
        var floor: Int
        var target: String
        var dependencies: Set<String>
    }

    var rows: [Row]

    init() throws {
        try self.init(text: String(contentsOfFile: Repository.path("docs/ARCHITECTURE.md"), encoding: .utf8))
    }

    /// Rows look like ``| 4 | `DiskTier` | `CPlatform` `CacheModel` | what it holds |``.
    init(text: String) throws {
        rows = try text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 6, let floor = cells[1] == "C" ? 0 : Int(cells[1]) else { return nil }
            guard let target = cells[2].firstMatch(of: /^`(\w+)`$/)?.1 else {
                throw TestFailure("a row names one target: \(line)")
            }
            let names = cells[3].matches(of: /`(\w+)`/).map { String($0.1) }
            return Row(floor: floor, target: String(target), dependencies: Set(names))
        }
    }

    subscript(_ name: String) -> Row? { rows.first { $0.target == name } }
}
