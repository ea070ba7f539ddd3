extension ScalarKind {
    /// With its article, for messages and the reference.
    var words: String {
        switch self {
        case .size: "a size"
        case .duration, .seconds: "a duration"
        case .int: "a whole number"
        case .bool: "true or false"
        case .word(let words): words.count == 1 ? "\"\(words[0])\"" : "one of: \(words.joined(separator: ", "))"
        case .listen: "an address to listen on"
        case .network: "an IP address, a network or unix"
        case .originURL: "the URL of a server"
        case .originName: "the name of an origin or the URL of a server"
        case .partitionName: "the name of a partition"
        case .redisURL: "the URL of a Redis server"
        case .redisPrefix: "a key prefix"
        case .hostPattern: "a host name or pattern"
        case .hostField: "client, origin or a host name"
        case .parameterGlob: "a pattern of parameter names"
        case .pathGlob: "a pattern of paths"
        case .fieldName, .requestField, .responseField: "a field name"
        case .fieldValue: "a field value"
        case .valueGlob: "a pattern of values"
        case .mediaGlob: "a pattern of media types"
        case .status: "a status, class or range"
        case .tag: "a tag"
        case .filePath: "a path"
        case .optionalToken, .token: "a token"
        }
    }

    /// In the reference, where many may stand.
    var plural: String {
        switch self {
        case .listen: "addresses to listen on"
        case .network: "IP addresses, networks and unix"
        case .originURL: "URLs of servers"
        case .hostPattern: "host names and patterns"
        case .partitionName: "names of partitions"
        case .parameterGlob: "patterns of parameter names"
        case .pathGlob: "patterns of paths"
        case .fieldName, .requestField, .responseField: "field names"
        case .mediaGlob: "patterns of media types"
        case .status: "statuses, classes and ranges"
        case .tag: "tags"
        case .token: "tokens"
        default: words
        }
    }

    /// How it is written, with an example that is within the bounds. Empty where `words` says all.
    var form: String {
        switch self {
        case .size(let range):
            "write a whole number with B, KB, MB, GB or TB, as "
                + Units.size(Self.example([256 << 20, 64 << 10], range))
        case .duration(let range):
            "write a whole number with ms, s, m, h or d, as "
                + Units.duration(Self.example([30_000, 1_000, 3_600_000], range))
        case .seconds: "write whole seconds as a whole number with ms, s, m, h or d, as 30s"
        case .int(let range): "write digits alone, as \(Self.example([100, 10_000], range))"
        case .bool, .word: ""
        case .listen: "write \"host:port\", \"[v6]:port\" or \"unix:/path\", as \"127.0.0.1:8080\""
        case .network: "write an address or a network, as \"192.0.2.1\" or \"10.0.0.0/8\", or unix"
        case .originURL: "write scheme, host and port, as \"http://127.0.0.1:3000\""
        case .originName: "write the name of an origin, or a URL as \"http://127.0.0.1:3000\""
        case .partitionName: "write up to 64 lower-case letters, digits, \"_\" and \"-\", as \"shop\""
        case .redisURL: "write \"redis://host:port/database\", as \"redis://127.0.0.1:6379/0\""
        case .redisPrefix: "write up to 64 printable ASCII characters without spaces and braces, as \"strata:\""
        case .hostPattern: "write a name, \"*.name\" or \"*\", as \"example.com\""
        case .hostField: "write client, origin or a host name, as \"app.internal\""
        case .parameterGlob: "write a name, * for any run of characters, as \"utm_*\""
        case .pathGlob: "write a path that begins with / or *, as \"/static/*\""
        case .fieldName, .requestField, .responseField: "write a field name, as \"Surrogate-Key\""
        case .fieldValue: "write printable ASCII characters"
        case .valueGlob: "write a value, * for any run of characters, as \"v2*\""
        case .mediaGlob: "write a media type without parameters, * for any run of characters, as \"image/*\""
        case .status: "write a status, a class or a range, as 404, 5xx or 500-599"
        case .tag: "write printable ASCII characters without spaces and commas, as \"news\""
        case .filePath: "write a path, as \"var/cache\""
        case .optionalToken, .token: "write at most 512 printable ASCII characters without spaces"
        }
    }

    private static func example(_ candidates: [Int], _ range: ClosedRange<Int>) -> Int {
        candidates.first(where: range.contains) ?? range.lowerBound
    }

    /// `1MB to 16TB`, where there are bounds.
    var bounds: String? {
        switch self {
        case .size(let range): "\(Units.size(range.lowerBound)) to \(Units.size(range.upperBound))"
        case .duration(let range), .seconds(let range):
            "\(Units.duration(range.lowerBound)) to \(Units.duration(range.upperBound))"
        case .int(let range): "\(range.lowerBound) to \(range.upperBound)"
        default: nil
        }
    }
}
