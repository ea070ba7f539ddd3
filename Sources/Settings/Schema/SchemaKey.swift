/// One key of proxy.conf: what may stand there, what holds without it, and what it is for. From these come the reading,
/// the checks, the messages and docs/configuration.md.
struct SchemaKey: Sendable {
    enum Default: Sendable {
        /// Must be given.
        case required
        /// Read as if it stood in the file; `words` for the reference, if the value alone does not say it.
        case value(Node, words: String?)
        /// Nothing: what that means, in words. What follows from other keys is worked out when the configuration is
        /// built.
        case none(words: String)
    }

    var name: String
    var kind: Kind
    var fallback: Default
    /// A paragraph for the reference.
    var text: String
    /// Its value never appears in a message.
    var isSecret = false

    init(_ name: String, _ kind: Kind, default fallback: Default, secret: Bool = false, _ text: String) {
        self.name = name
        self.kind = kind
        self.fallback = fallback
        self.text = text
        self.isSecret = secret
    }
}

extension SchemaKey.Default {
    static func value(_ text: String, words: String? = nil) -> Self { .value(.scalar(text), words: words) }
    static func list(_ texts: [String]) -> Self { .value(.list(texts), words: nil) }
    /// A map whose keys all have their own defaults.
    static let filled = SchemaKey.Default.value(.map([]), words: nil)
}

/// What may stand as a value.
indirect enum Kind: Sendable {
    case scalar(ScalarKind)
    /// One of these words, or else the scalar.
    case wordOr([String], ScalarKind)
    /// A single item may stand without brackets.
    case list(of: ScalarKind, count: ClosedRange<Int>)
    case maps([SchemaKey])
    case map([SchemaKey])
    /// Names chosen by the person who writes the file.
    case named([SchemaKey])
    case scalarOrMap(ScalarKind, [SchemaKey])
    /// A list whose items are scalars or maps.
    case scalarsOrMaps(ScalarKind, [SchemaKey], count: ClosedRange<Int>)
    /// Names of the first kind, each with a value of the second.
    case values(names: ScalarKind, of: ScalarKind)
}

/// What a single value is. Bounds are bytes and milliseconds.
enum ScalarKind: Sendable {
    case size(ClosedRange<Int>)
    case duration(ClosedRange<Int>)
    /// A duration as HTTP counts them: nothing below a second.
    case seconds(ClosedRange<Int>)
    case int(ClosedRange<Int>)
    case bool
    case word([String])
    case listen
    case network
    case originURL
    case originName
    case partitionName
    case redisURL
    case redisPrefix
    case hostPattern
    case hostField
    case parameterGlob
    case pathGlob
    case fieldName
    /// Fields that a rule may set or remove on the way to the origin, and on the way to clients.
    case requestField
    case responseField
    case fieldValue
    case valueGlob
    case mediaGlob
    case status
    case tag
    case filePath
    /// Empty: none.
    case optionalToken
    case token
}
