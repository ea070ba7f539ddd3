/// The options of `strata run` that stand for keys, read like the keys, at line 0.
struct CommandLineSettings {
    var listen: [Setting] = []
    var admin: Setting?
    var origin: Setting?

    init(_ overrides: Overrides, _ reader: inout Reader) {
        listen = overrides.listen.map { Self.read($0, .scalar(.listen), "--listen", &reader) }
        admin = overrides.adminListen.map { Self.read($0, .wordOr(["off"], .listen), "--admin", &reader) }
        origin = overrides.origin.map { Self.read($0, .scalar(.originURL), "--origin", &reader) }
    }

    /// A command line is no place for `${}`: the shell has done that.
    private static func read(_ text: String, _ kind: Kind, _ option: String, _ reader: inout Reader) -> Setting {
        let escaped = text.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${")
        return reader.read(.scalar(escaped), kind, path: option, secret: false)
    }
}
