import Yams

/// YAML text into one tree of nodes, with bounds on everything that a hostile or broken file could blow up.
struct Document {
    static let maximumBytes = 1 << 20
    /// Bytes × the factor by which aliases can multiply them.
    static let maximumExpansion = 100_000_000
    static let maximumNodes = 200_000
    static let maximumDepth = 32

    private var nodes = 0
    private var mistakes: [Mistake] = []

    /// The root, or at least one mistake. The YAML parser stops at its first.
    static func read(_ text: String) -> (root: Node?, mistakes: [Mistake]) {
        var document = Document()
        let root = document.root(of: text)
        return (document.mistakes.isEmpty ? root : nil, document.mistakes)
    }

    private mutating func root(of text: String) -> Node? {
        let yaml = text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
        guard checkText(yaml), checkAliases(yaml) else { return nil }
        do {
            guard let root = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot() else {
                note(1, 1, "the file holds no settings")
                return nil
            }
            return convert(root, depth: 0)
        } catch let error as YamlError {
            note(error, in: yaml)
        } catch {
            note(1, 1, "not valid YAML")
        }
        return nil
    }

    private mutating func note(_ line: Int, _ column: Int, _ message: String) {
        mistakes.append(Mistake(line: max(1, line), column: max(1, column), path: "", message: message))
    }

    private mutating func checkText(_ yaml: String) -> Bool {
        guard yaml.utf8.count <= Self.maximumBytes else {
            note(1, 1, "larger than 1MB; a configuration of that size is not read")
            return false
        }
        var line = 1
        var column = 1
        for scalar in yaml.unicodeScalars {
            let isControl = scalar.value < 0x20 && !["\t", "\n", "\r"].contains(scalar)
            if isControl || (0x7f...0x9f).contains(scalar.value) || scalar.value & 0xfffe == 0xfffe
                || scalar.value == 0xfeff
            {
                note(line, column, "a character that YAML does not allow: U+\(Self.hex(scalar.value))")
                return false
            }
            line += scalar == "\n" ? 1 : 0
            column = scalar == "\n" ? 1 : column + 1
        }
        return true
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Aliases to anchors that hold aliases multiply ("billion laughs"), and the YAML parser hashes map keys in full.
    /// What looks like an anchor or an alias is counted in the plain text, wherever it stands: too much is counted,
    /// never too little. With c aliases of each anchor the tree is at most the text times the product of all (1 + c).
    private mutating func checkAliases(_ yaml: String) -> Bool {
        let bytes = Array(yaml.utf8)
        var anchors: [[UInt8]] = []
        var aliases: [[UInt8]: Int] = [:]
        var position = 0
        while position < bytes.count {
            let sigil = bytes[position]
            position += 1
            guard sigil == UInt8(ascii: "&") || sigil == UInt8(ascii: "*") else { continue }
            let name = bytes[position...].prefix {
                ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5f || $0 == 0x2d
            }
            guard !name.isEmpty else { continue }
            position += name.count
            if sigil == UInt8(ascii: "&") { anchors.append(Array(name)) } else { aliases[Array(name), default: 0] += 1 }
        }
        var expansion = max(1, bytes.count)
        for anchor in anchors {
            expansion = expansion.multipliedReportingOverflow(by: 1 + aliases[anchor, default: 0]).partialValue
            guard expansion <= Self.maximumExpansion else {
                note(1, 1, "too many aliases of anchors (*name of &name): the file could grow without bound")
                return false
            }
        }
        return true
    }

    private mutating func convert(_ node: Yams.Node, depth: Int) -> Node? {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        nodes += 1
        guard depth <= Self.maximumDepth, nodes <= Self.maximumNodes else {
            if mistakes.isEmpty {
                note(line, column, depth > Self.maximumDepth ? "nested too deeply" : "too many values")
            }
            return nil
        }
        guard
            ["", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"].contains(
                node.tag.rawValue)
        else {
            note(line, column, "YAML tags (!name) are not supported")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return Node(line: line, column: column, content: .scalar(scalar.string, isPlain: scalar.style == .plain))
        case .sequence(let sequence):
            var list: [Node] = []
            for item in sequence {
                guard let value = convert(item, depth: depth + 1) else { continue }
                list.append(value)
            }
            return Node(line: line, column: column, content: .list(list))
        case .mapping(let mapping):
            var pairs: [(key: Node, value: Node)] = []
            for (key, value) in mapping {
                guard let name = convert(key, depth: depth + 1), let value = convert(value, depth: depth + 1) else {
                    continue
                }
                pairs.append((name, value))
            }
            return Node(line: line, column: column, content: .map(pairs))
        case .alias:
            note(line, column, "an alias of no known anchor")
            return nil
        }
    }
}

extension Document {
    /// The parser's words, and what usually is behind them.
    private mutating func note(_ error: YamlError, in yaml: String) {
        switch error {
        case .duplicatedKeysInMapping(let keys, let context):
            for key in keys {
                let line = Self.second(key, from: context.mark, in: yaml) ?? context.mark.line
                note(line, context.mark.column, "key \"\(Quoted.clean(key))\" given more than once")
            }
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let about = context.map { "\($0.text) from line \($0.mark.line): " } ?? ""
            note(
                mark.line, mark.column,
                "not valid YAML: \(about)\(problem)\(Self.hint(about + problem, at: mark, in: yaml))")
        case .composer(_, let problem, let mark, _):
            if problem.contains("another document") {
                note(mark.line, mark.column, "a second YAML document; one file is one configuration")
            } else {
                note(mark.line, mark.column, "not valid YAML: \(problem)\(Self.hint(problem, at: mark, in: yaml))")
            }
        case .reader(let problem, _, _, _):
            note(1, 1, "not valid YAML: \(problem)")
        default:
            note(1, 1, "not valid YAML")
        }
    }

    /// The line of a key's second mention in the block mapping that begins at `mark`; nil in a mapping in braces.
    private static func second(_ key: String, from mark: Mark, in yaml: String) -> Int? {
        let lines = yaml.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard lines.indices.contains(mark.line - 1) else { return nil }
        // The first may stand behind a dash.
        let mentions = (mark.line...lines.count).filter { number in
            let line = lines[number - 1]
            let indent = number == mark.line ? mark.column - 1 : line.prefix { $0 == " " }.count
            guard indent == mark.column - 1 else { return false }
            let rest = line.dropFirst(indent).drop { $0 == "\"" || $0 == "'" }
            return rest.hasPrefix(key) && rest.dropFirst(key.count).drop { "\"' ".contains($0) }.hasPrefix(":")
        }
        return mentions.count > 1 ? mentions[1] : nil
    }

    private static func hint(_ problem: String, at mark: Mark, in yaml: String) -> String {
        let lines = yaml.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard lines.indices.contains(mark.line - 1) else { return "" }
        let line = lines[mark.line - 1].unicodeScalars
        if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return "; indent with spaces, not with tabs"
        }
        let rest = line.dropFirst(max(0, mark.column - 2)).prefix(2)
        if problem.contains("alias") || rest.contains("*") {
            return "; a value that begins with * stands in quotes, as \"*\""
        }
        if problem.contains("flow"), String(line).contains("${") || String(line).contains("::") {
            return "; inside [ ] and { } a value with a colon or ${ } stands in quotes"
        }
        if rest.contains("%") || rest.contains("@") || rest.contains("`") { return "; put the value in quotes" }
        return ""
    }
}
