/// Walks a tree by the schema: settings out, every mistake noted, none ends the walk.
struct Reader {
    /// For `${NAME}`; nil: texts stand for themselves.
    let environment: [String: String]?
    private(set) var mistakes: [Mistake] = []

    init(environment: [String: String]?) {
        self.environment = environment
    }

    mutating func note(_ node: Node, _ path: String, _ message: String) {
        mistakes.append(Mistake(line: node.line, column: node.column, path: path, message: message))
    }

    /// The whole file.
    mutating func readRoot(_ root: Node) -> Setting {
        guard case .map = root.content else {
            note(
                root, "",
                "expected keys (\(Schema.root.map(\.name).joined(separator: ", "))), found \(Self.describe(root))")
            return Setting(path: "", isBroken: true)
        }
        return readKeys(root, Schema.root, path: "")
    }

    mutating func read(_ node: Node, _ kind: Kind, path: String, secret: Bool) -> Setting {
        var setting: Setting
        let noted = mistakes.count
        switch kind {
        case .scalar(let scalar):
            setting = readScalar(node, scalar, or: [], path: path, secret: secret)
        case .wordOr(let words, let scalar):
            setting = readScalar(node, scalar, or: words, path: path, secret: secret)
        case .list(let item, let count):
            setting = readList(node, .scalar(item), of: item, count, path: path, secret: secret)
        case .maps(let keys):
            setting = readMaps(node, keys, path: path)
        case .map(let keys):
            setting = readKeys(node, keys, path: path)
        case .named(let keys):
            setting = readNamed(node, keys, path: path)
        case .values(let names, let value):
            setting = readValues(node, names, value, path: path, secret: secret)
        case .scalarOrMap(let scalar, let keys):
            if case .map = node.content {
                setting = readKeys(node, keys, path: path)
            } else {
                setting = readScalar(node, scalar, or: [], path: path, secret: secret)
            }
        case .scalarsOrMaps(let scalar, let keys, let count):
            setting = readList(node, .scalarOrMap(scalar, keys), of: scalar, count, path: path, secret: secret)
        }
        setting.isGiven = true
        setting.isBroken = mistakes.count > noted
        return setting
    }
}

// MARK: Maps and lists
extension Reader {
    private func empty(_ node: Node, _ path: String) -> Setting {
        Setting(line: node.line, column: node.column, path: path)
    }

    private mutating func readKeys(_ node: Node, _ keys: [SchemaKey], path: String) -> Setting {
        var setting = empty(node, path)
        let names = keys.map(\.name)
        guard let pairs = pairs(of: node) else {
            note(node, path, "expected keys (\(names.joined(separator: ", "))), found \(Self.describe(node))")
            return setting
        }
        var found: [String: Setting] = [:]
        var meant: Set<String> = []
        for (key, value) in pairs {
            guard let name = keyName(key, path) else { continue }
            guard let known = keys.first(where: { $0.name == name }) else {
                note(key, join(path, name), unknownKey(name, names))
                if let name = Nearest.match(name, in: names) { meant.insert(name) }
                continue
            }
            found[name] = read(value, known.kind, path: join(path, name), secret: known.isSecret)
        }
        for key in keys where found[key.name] == nil {
            let path = join(path, key.name)
            // One slip of the finger is one mistake: a key that is there under a wrong name is not also missing.
            found[key.name] =
                meant.contains(key.name)
                ? Setting(line: node.line, column: node.column, path: path, isBroken: true)
                : readDefault(of: key, in: node, path: path)
        }
        setting.content = .keys(found)
        return setting
    }

    private mutating func readDefault(of key: SchemaKey, in node: Node, path: String) -> Setting {
        var setting = empty(node, path)
        switch key.fallback {
        case .required:
            note(node, path, "missing; \(Self.advice(key.kind))")
            setting.isBroken = true
        case .none:
            break
        case .value(let value, _):
            setting = read(value, key.kind, path: path, secret: key.isSecret)
            setting.line = node.line
            setting.column = node.column
            setting.isGiven = false
        }
        return setting
    }

    private static func advice(_ kind: Kind) -> String {
        switch kind {
        case .scalar(let scalar), .wordOr(_, let scalar), .list(let scalar, _), .scalarOrMap(let scalar, _),
            .scalarsOrMaps(let scalar, _, _):
            scalar.form
        case .map(let keys), .maps(let keys), .named(let keys):
            "give it keys (\(keys.map(\.name).joined(separator: ", ")))"
        case .values(let names, let value): "\(names.form); \(value.form)"
        }
    }

    private func unknownKey(_ name: String, _ names: [String]) -> String {
        if name == "<<" { return "merge keys are not supported; use an alias for a whole value, or write the keys out" }
        if let suggestion = Nearest.suggestion(name, in: names) { return "unknown key\(suggestion)" }
        return "unknown key; known here: \(names.joined(separator: ", "))"
    }

    private mutating func readNamed(_ node: Node, _ keys: [SchemaKey], path: String) -> Setting {
        var setting = empty(node, path)
        guard let pairs = pairs(of: node) else {
            note(node, path, "expected names with keys below them, found \(Self.describe(node))")
            return setting
        }
        var members: [(name: String, setting: Setting)] = []
        for (key, value) in pairs {
            guard let name = keyName(key, path) else { continue }
            guard Names.isName(name) else {
                note(key, join(path, name), "not a name; write up to 64 letters, digits, \"_\", \"-\" and \".\"")
                continue
            }
            members.append((name, read(value, .map(keys), path: join(path, name), secret: false)))
        }
        setting.content = .named(members)
        return setting
    }

    private mutating func readValues(
        _ node: Node, _ names: ScalarKind, _ value: ScalarKind, path: String, secret: Bool
    ) -> Setting {
        var setting = empty(node, path)
        guard let pairs = pairs(of: node) else {
            note(node, path, "expected \(names.plural) with a value each, found \(Self.describe(node))")
            return setting
        }
        var members: [(name: String, setting: Setting)] = []
        for (key, item) in pairs {
            guard let name = keyName(key, path) else { continue }
            do throws(ScalarProblem) {
                _ = try names.read(name)
                let member = read(item, .scalar(value), path: join(path, name), secret: secret)
                if members.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                    note(key, join(path, name), "named twice; letter case makes no difference")
                }
                members.append((name, member))
            } catch {
                switch error {
                case .notOfKind: note(key, join(path, name), "not \(names.words); \(names.form)")
                case .said(let reason, _): note(key, join(path, name), reason)
                }
            }
        }
        setting.content = .named(members)
        return setting
    }

    private mutating func readMaps(_ node: Node, _ keys: [SchemaKey], path: String) -> Setting {
        var setting = empty(node, path)
        if node.isNothing {
            setting.content = .list([])
            return setting
        }
        guard case .list(let nodes) = node.content else {
            let names = keys.map(\.name).joined(separator: ", ")
            note(node, path, "expected a list whose items have keys (\(names)), found \(Self.describe(node))")
            return setting
        }
        setting.content = .list(
            nodes.enumerated().map { read($0.element, .map(keys), path: "\(path)[\($0.offset)]", secret: false) })
        return setting
    }

    private mutating func readList(
        _ node: Node, _ kind: Kind, of item: ScalarKind, _ count: ClosedRange<Int>, path: String, secret: Bool
    ) -> Setting {
        var setting = empty(node, path)
        var settings: [Setting] = []
        switch node.content {
        case .list(let nodes):
            settings = nodes.enumerated().map {
                read($0.element, kind, path: "\(path)[\($0.offset)]", secret: secret)
            }
        case .scalar:
            settings = node.isNothing ? [] : [read(node, kind, path: path, secret: secret)]
        case .map:
            note(node, path, "expected a list of \(item.plural), found \(Self.describe(node))")
            return setting
        }
        if settings.count < count.lowerBound {
            note(node, path, "the list is empty; \(item.form)")
        } else if settings.count > count.upperBound {
            note(node, path, "\(settings.count) \(item.plural); this version takes at most \(count.upperBound)")
        }
        setting.content = .list(settings)
        return setting
    }

    /// Nothing (`key:` alone) is a map without keys, as it is a list without items.
    private func pairs(of node: Node) -> [(key: Node, value: Node)]? {
        if case .map(let pairs) = node.content { return pairs }
        return node.isNothing ? [] : nil
    }

    private mutating func keyName(_ key: Node, _ path: String) -> String? {
        if case .scalar(let name, _) = key.content { return name }
        note(key, path, "a key has to be a single word")
        return nil
    }

    private func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? Quoted.clean(name) : "\(path).\(Quoted.clean(name))"
    }

    static func describe(_ node: Node) -> String {
        switch node.content {
        case .list: "a list"
        case .map: "keys"
        case .scalar(let text, _): node.isNothing ? "nothing" : Quoted.quoted(text)
        }
    }
}

// MARK: Scalars
extension Reader {
    private mutating func readScalar(
        _ node: Node, _ kind: ScalarKind, or words: [String], path: String, secret: Bool
    ) -> Setting {
        var setting = empty(node, path)
        let allowed = (words.map { "\"\($0)\"" } + [kind.words]).joined(separator: " or ")
        let form = kind.form.isEmpty ? "" : "; \(kind.form)"
        guard case .scalar(let raw, _) = node.content, !node.isNothing else {
            note(node, path, "expected \(allowed), found \(Self.describe(node))\(form)")
            return setting
        }
        do throws(Environment.Problem) {
            let text = if let environment { try Environment.expand(raw, environment) } else { raw }
            let isExpanded = text != raw
            setting.shown = secret ? "the value" : Quoted.quoted(raw) + (isExpanded ? " (expanded)" : "")
            if words.contains(text) {
                setting.content = .value(.text(text))
                return setting
            }
            do throws(ScalarProblem) {
                setting.content = .value(try kind.read(text))
            } catch {
                switch error {
                case .notOfKind:
                    note(node, path, "\(setting.shown) is not \(allowed)\(form)")
                case .said(let reason, let suggestion):
                    let shown = secret || isExpanded ? "" : suggestion.map(Quoted.line) ?? ""
                    note(node, path, "\(setting.shown) \(reason)\(shown)")
                }
            }
        } catch {
            note(node, path, error.message)
        }
        return setting
    }
}
