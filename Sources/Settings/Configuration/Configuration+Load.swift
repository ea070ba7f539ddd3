extension Configuration {
    /// Reads a proxy.conf. Pure: opens and resolves nothing. `file` is only for messages, `environment` for `${NAME}`.
    package static func load(
        yaml: String, file: String, environment: [String: String], overrides: Overrides = Overrides()
    ) throws(ConfigurationError) -> Configuration {
        fatalError("replaced in the next commit")
    }

    /// `strata run --origin U` with no file: memory of 256MB alone and one site for all hosts.
    package static func load(overrides: Overrides) throws(ConfigurationError) -> Configuration {
        fatalError("replaced in the next commit")
    }
}
