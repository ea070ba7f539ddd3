internal import Engine
internal import Invalidation
internal import RedisLocation

/// A value that fits its kind.
enum Value: Sendable, Equatable {
    /// Sizes in bytes and durations in milliseconds too.
    case number(Int)
    case flag(Bool)
    /// A word, a name, a path, a token: as written, after `${}`.
    case text(String)
    case listen(ListenAddress)
    case network(AddressSet.Network)
    /// `unix`, among networks.
    case unixPeers
    case server(Configuration.Origin.Server)
    case redis(RedisURL)
    case glob(Glob)
    case statuses(ClosedRange<Int>)
}

/// Why a text is no value of its kind.
enum ScalarProblem: Error, Equatable {
    /// The kind's own words say what is allowed.
    case notOfKind
    /// Follows the value in a message. `suggestion` is made of the value: left out where the value is not to be shown.
    case said(String, suggestion: String? = nil)
}

extension ScalarKind {
    func read(_ text: String) throws(ScalarProblem) -> Value {
        switch self {
        case .size(let range): .number(try bounded(Units.readSize(text), range, Units.size))
        case .duration(let range): .number(try bounded(Units.readDuration(text), range, Units.duration))
        case .seconds(let range):
            .number(try wholeSeconds(try bounded(Units.readDuration(text), range, Units.duration)))
        case .int(let range): .number(try bounded(Units.readNumber(text), range) { String($0) })
        case .bool: .flag(try readFlag(text))
        case .word(let words): .text(try readWord(text, words))
        case .listen: .listen(try ListenAddress(reading: text))
        case .network: text == "unix" ? .unixPeers : .network(try readNetwork(text))
        case .originURL: .server(try Configuration.Origin.Server(reading: text))
        case .originName:
            text.contains("://") ? .server(try Configuration.Origin.Server(reading: text)) : .text(try readName(text))
        case .partitionName: .text(try readPartitionName(text))
        case .redisURL: .redis(try RedisURL(reading: text))
        case .redisPrefix: .text(try readPrefix(text))
        case .hostPattern: .text(try HostName.readPattern(text))
        case .hostField: .text(try readHostField(text))
        case .parameterGlob: .glob(try readParameterGlob(text))
        case .pathGlob: .glob(try PathPattern.read(text))
        case .fieldName: .text(try readFieldName(text))
        case .requestField: .text(try RuleField.readRequest(text))
        case .responseField: .text(try RuleField.readResponse(text))
        case .fieldValue: .text(try RuleField.readValue(text))
        case .valueGlob: .glob(try RuleField.readValueGlob(text))
        case .mediaGlob: .glob(try RuleField.readMediaGlob(text))
        case .status: .statuses(try RuleField.readStatus(text))
        case .tag: .text(try RuleField.readTag(text))
        case .filePath: .text(try readPath(text))
        case .optionalToken: .text(text.isEmpty ? text : try readToken(text))
        case .token: .text(try readToken(text))
        }
    }

    private func bounded(
        _ number: Int?, _ range: ClosedRange<Int>, _ write: (Int) -> String
    ) throws(ScalarProblem) -> Int {
        guard let number else { throw .notOfKind }
        if number < range.lowerBound { throw .said("is below the minimum of \(write(range.lowerBound))") }
        if number > range.upperBound { throw .said("is above the maximum of \(write(range.upperBound))") }
        return number
    }

    private func wholeSeconds(_ milliseconds: Int) throws(ScalarProblem) -> Int {
        guard milliseconds % 1_000 == 0 else { throw .said("has a fraction of a second; HTTP counts whole ones") }
        return milliseconds
    }

    private func readFlag(_ text: String) throws(ScalarProblem) -> Bool {
        switch text {
        case "true": true
        case "false": false
        default: throw .notOfKind
        }
    }

    private func readWord(_ text: String, _ words: [String]) throws(ScalarProblem) -> String {
        guard words.contains(text) else {
            throw .said("is not \(self.words)", suggestion: Nearest.suggestion(text, in: words))
        }
        return text
    }

    private func readNetwork(_ text: String) throws(ScalarProblem) -> AddressSet.Network {
        do {
            return try AddressSet.Network(text)
        } catch {
            switch error {
            case .notAnAddress: throw .notOfKind
            case .prefixOutOfRange(let width): throw .said("has a prefix that is not a number up to \(width)")
            case .hostBits(let meant):
                throw .said("has bits set behind its prefix", suggestion: "; did you mean \"\(meant)\"?")
            }
        }
    }

    private func readName(_ text: String) throws(ScalarProblem) -> String {
        guard Names.isName(text) else { throw .notOfKind }
        return text
    }

    private func readPartitionName(_ text: String) throws(ScalarProblem) -> String {
        let isName = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f || byte == 0x2d
        }
        guard isName, (1...64).contains(text.utf8.count) else { throw .notOfKind }
        return text
    }

    private func readPrefix(_ text: String) throws(ScalarProblem) -> String {
        let isAllowed = text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x7b && $0 != 0x7d }
        guard isAllowed, text.utf8.count <= 64 else { throw .notOfKind }
        return text
    }

    private func readHostField(_ text: String) throws(ScalarProblem) -> String {
        if text == "client" || text == "origin" { return text }
        return try HostName.readHostAndPort(text)
    }

    private func readParameterGlob(_ text: String) throws(ScalarProblem) -> Glob {
        guard !text.isEmpty, text.utf8.count <= 256 else { throw .notOfKind }
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "=") }) else {
            throw .said("has a \"&\" or \"=\"; the pattern is of the parameter's name alone")
        }
        return Glob(text)
    }

    private func readFieldName(_ text: String) throws(ScalarProblem) -> String {
        guard Names.isFieldName(text) else { throw .notOfKind }
        return text
    }

    private func readPath(_ text: String) throws(ScalarProblem) -> String {
        guard !text.isEmpty else { throw .said("is empty; \(form)") }
        guard text.utf8.count < 4096, !text.utf8.contains(0) else { throw .notOfKind }
        return text
    }

    private func readToken(_ text: String) throws(ScalarProblem) -> String {
        guard !text.isEmpty else {
            throw .said("is empty, which would let everybody in; give it a value or leave it out")
        }
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .notOfKind }
        return text
    }
}

enum Names {
    /// Names of origins: letters, digits, `_`, `-` and `.`.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlphanumeric($0) || [0x5f, 0x2d, 0x2e].contains($0) }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }

    static func isFieldName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isTokenByte)
    }

    /// RFC 9110 §5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
