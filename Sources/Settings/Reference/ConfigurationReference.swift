/// docs/configuration.md, made from the schema.
package enum ConfigurationReference {
    /// The whole file. The same text for the same schema.
    package static func markdown() -> String {
        var pages = Pages()
        pages.add(Schema.root, path: "", depth: 2)
        return introduction + pages.text
    }

    private static let introduction = """
        # proxy.conf

        <!-- Made from Sources/Settings/Schema by ConfigurationReference; a test compares. -->

        YAML, at most 1MB. `strata check` prints everything that is wrong with a file, with line and column; \
        `strata run` does not start with a file that has a mistake. An unknown key is a mistake.

        - **Sizes** are whole numbers with `B`, `KB`, `MB`, `GB` or `TB`: `256MB` is 256 · 2^20 bytes. \
        Without a unit: bytes.
        - **Durations** are whole numbers with `ms`, `s`, `m`, `h` or `d`: `30s`, `5m`, `7d`.
        - Scalars are read by their text: `on`, `1e3` and `0123` are not turned into something else. A value that \
        begins with `*` has to stand in quotes, because YAML takes it for an alias.
        - **Environment**: `${NAME}` in a value becomes the variable's content, after the YAML is parsed, so that the \
        content can't change the structure. A variable that is not set is a mistake. `${NAME:-text}` takes the text if \
        the variable is unset or empty. `$${` is a plain `${`. Keys are not expanded.
        - A list of one may be written without its brackets.
        - Aliases (`*name`) work, merge keys (`<<`) and tags (`!name`) don't.

        The options of `strata run` win over the file: `--listen` replaces `listen`, `--origin URL` stands for one \
        site `*` \
        and goes with a file that has no `sites`. `strata run --origin http://127.0.0.1:3000` needs no file at all.


        """
}

/// Headings and entries, key after key.
private struct Pages {
    private(set) var text = ""

    mutating func add(_ keys: [SchemaKey], path: String, depth: Int) {
        for key in keys {
            let name = path.isEmpty ? key.name : "\(path).\(key.name)"
            text += "\(String(repeating: "#", count: min(depth, 4))) `\(name)\(Self.suffix(key.kind))`\n\n"
            text += "\(Self.summary(key))\n\n\(key.text)\n\n"
            switch key.kind {
            case .map(let keys): add(keys, path: name, depth: depth + 1)
            case .maps(let keys): add(keys, path: name + "[]", depth: depth + 1)
            case .named(let keys): add(keys, path: name + ".NAME", depth: depth + 1)
            case .scalarOrMap(_, let keys): add(Array(keys.prefix(1)), path: name, depth: depth + 1)
            case .scalarsOrMaps(_, let keys, _): add(keys, path: name + "[]", depth: depth + 1)
            case .scalar, .wordOr, .list, .values: break
            }
        }
    }

    private static func suffix(_ kind: Kind) -> String {
        switch kind {
        case .maps: "[]"
        case .named, .values: ".NAME"
        default: ""
        }
    }

    private static func summary(_ key: SchemaKey) -> String {
        let kind = words(key.kind)
        let fallback =
            switch key.fallback {
            case .required: "Required."
            case .none(let words): "Default: \(words)."
            case .value(_, .some(let words)): "Default: \(words)."
            case .value(let node, nil): value(node)
            }
        return "*\(kind.prefix(1).uppercased())\(kind.dropFirst()).* \(fallback)".trimmingSuffix(" ")
    }

    private static func words(_ kind: Kind) -> String {
        switch kind {
        case .scalar(let scalar):
            words(scalar)
        case .wordOr(let words, let scalar):
            words.map { "`\($0)`" }.joined(separator: ", ") + " or \(Self.words(scalar))"
        case .list(let item, let count):
            "list of \(count.upperBound == 1 ? "one: \(item.words)" : "\(item.plural), at most \(count.upperBound)")"
        case .maps: "list"
        case .map: "keys"
        case .named: "keys, by names of your own"
        case .values(let names, let value): "\(names.plural), each with \(value.words)"
        case .scalarOrMap(let scalar, _): "\(words(scalar)), or keys"
        case .scalarsOrMaps(let scalar, _, let count): "list of \(scalar.plural) or keys, at most \(count.upperBound)"
        }
    }

    private static func words(_ scalar: ScalarKind) -> String {
        let words: String
        if case .word(let all) = scalar {
            words = all.map { "`\($0)`" }.joined(separator: " or ")
        } else {
            words = scalar.words
        }
        return words + (scalar.bounds.map { ", \($0)" } ?? "")
    }

    /// Nothing for maps: their keys have defaults of their own.
    private static func value(_ node: Node) -> String {
        switch node.content {
        case .scalar(let text, _): "Default: `\(text)`."
        case .list(let items):
            items.isEmpty
                ? "Default: none."
                : "Default: \(items.map { "`\(Reader.describe($0).dropFirst().dropLast())`" }.joined(separator: ", "))."
        case .map: ""
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var result = self
        while result.last == character { result.removeLast() }
        return result
    }
}
