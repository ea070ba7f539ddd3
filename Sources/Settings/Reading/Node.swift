/// A YAML value as it stands in the file. Scalars keep their text: nothing is read as a number, a date or a truth yet.
struct Node: Sendable {
    enum Content: Sendable {
        /// `isPlain`: without quotes.
        case scalar(String, isPlain: Bool)
        case list([Node])
        case map([(key: Node, value: Node)])
    }

    /// From 1, in lines and Unicode scalars; 0: made by a default or the command line.
    var line = 0
    var column = 0
    var content: Content

    static func scalar(_ text: String) -> Node { Node(content: .scalar(text, isPlain: false)) }
    static func list(_ texts: [String]) -> Node { Node(content: .list(texts.map(scalar))) }
    static func map(_ pairs: [(String, Node)]) -> Node {
        Node(content: .map(pairs.map { (scalar($0.0), $0.1) }))
    }

    /// Nothing stands there: `key:` and the end of the line.
    var isNothing: Bool {
        if case .scalar("", isPlain: true) = content { true } else { false }
    }
}
