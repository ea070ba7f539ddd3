/// The options of `strata run` that stand for keys, read like the keys, at line 0.
struct CommandLineSettings {
    var listen: [Setting] = []
    var admin: Setting?
    var origin: Setting?
    private(set) var mistakes: [Mistake] = []

    init(_ overrides: Overrides) {
        // No `${}` here: the shell has done that.
        var reader = Reader(environment: nil)
        listen = overrides.listen.map { Self.read($0, .scalar(.listen), "--listen", &reader) }
        admin = overrides.adminListen.map { Self.read($0, .wordOr(["off"], .listen), "--admin", &reader) }
        origin = overrides.origin.map { Self.read($0, .scalar(.originURL), "--origin", &reader) }
        mistakes = reader.mistakes
    }

    private static func read(_ text: String, _ kind: Kind, _ option: String, _ reader: inout Reader) -> Setting {
        reader.read(.scalar(text), kind, path: option, secret: false)
    }
}
