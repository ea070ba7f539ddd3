/// One thing that is wrong with a configuration, and where.
package struct Mistake: Sendable, Hashable {
    /// From 1; 0 if it is not in the file but on the command line.
    package var line: Int
    /// From 1, in Unicode scalars; 0 as `line`.
    package var column: Int
    /// The key, as `tiers.memory.size` or `sites[0].hosts[1]`; an option as `--origin`; empty: the file as a whole.
    package var path: String
    /// What is wrong and what would be right. Never holds the value of a secret or of an environment variable.
    package var message: String

    package init(line: Int, column: Int, path: String, message: String) {
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `proxy.conf:12:5: tiers.memory.sise: unknown key; did you mean "size"?`
    package func text(file: String) -> String {
        let place = line > 0 ? "\(file):\(line):\(column): " : ""
        return place + (path.isEmpty ? message : "\(path): \(message)")
    }
}

/// A configuration that can't be used. Holds every mistake, in the order of the file.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name as it was given.
    package var file: String
    /// Never empty.
    package var mistakes: [Mistake]

    package init(file: String, mistakes: [Mistake]) {
        self.file = file
        self.mistakes = mistakes
    }

    /// One line a mistake.
    package var description: String {
        mistakes.map { $0.text(file: file) }.joined(separator: "\n")
    }
}
