extension Configuration {
    /// Reads a proxy.conf. Pure: opens and resolves nothing. `file` is only for messages, `environment` for `${NAME}`.
    /// All mistakes are found at once, but for those that the YAML parser meets: it stops at its first.
    package static func load(
        yaml: String, file: String, environment: [String: String], overrides: Overrides = Overrides()
    ) throws(ConfigurationError) -> Configuration {
        let (root, mistakes) = Document.read(yaml)
        guard let root else { throw ConfigurationError(file: file, mistakes: mistakes) }
        return try load(root, file: file, environment: environment, overrides: overrides)
    }

    /// The same for a file's bytes, which may not be text at all.
    package static func load(
        bytes: [UInt8], file: String, environment: [String: String], overrides: Overrides = Overrides()
    ) throws(ConfigurationError) -> Configuration {
        guard let yaml = String(validating: bytes, as: UTF8.self) else {
            let mistake = Mistake(line: 1, column: 1, path: "", message: "not UTF-8 text")
            throw ConfigurationError(file: file, mistakes: [mistake])
        }
        return try load(yaml: yaml, file: file, environment: environment, overrides: overrides)
    }

    /// `strata run --origin U` with no file: memory of 256MB alone and one site for all hosts.
    package static func load(overrides: Overrides) throws(ConfigurationError) -> Configuration {
        try load(.map([]), file: "", environment: [:], overrides: overrides)
    }

    private static func load(
        _ node: Node, file: String, environment: [String: String], overrides: Overrides
    ) throws(ConfigurationError) -> Configuration {
        var reader = Reader(environment: environment)
        let commandLine = CommandLineSettings(overrides)
        let root = reader.readRoot(node)
        var mistakes = commandLine.mistakes + reader.mistakes
        if root.isPresent { mistakes += Checks.run(root, commandLine) }
        guard mistakes.isEmpty else {
            throw ConfigurationError(file: file, mistakes: sorted(mistakes))
        }
        return Builder(root: root, commandLine: commandLine).build()
    }

    /// In the file's order, those at one place in the order in which they were found; none twice (an alias is read twice).
    private static func sorted(_ mistakes: [Mistake]) -> [Mistake] {
        var seen: Set<Mistake> = []
        return mistakes.enumerated()
            .filter { seen.insert($0.element).inserted }
            .sorted { ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset) }
            .map(\.element)
    }
}
