extension ScalarKind {
    /// With its article, for messages and the reference.
    var words: String {
        switch self {
        case .size: "a size"
        case .duration: "a duration"
        case .int: "a whole number"
        case .bool: "true or false"
        case .word(let words): words.count == 1 ? "\"\(words[0])\"" : "one of: \(words.joined(separator: ", "))"
        case .listen: "an address to listen on"
        case .network: "an IP address or network"
        case .originURL: "the URL of a server"
        case .originName: "the name of an origin or the URL of a server"
        case .redisURL: "the URL of a Redis server"
        case .redisPrefix: "a key prefix"
        case .hostPattern: "a host name or pattern"
        case .hostField: "client, origin or a host name"
        case .parameterGlob: "a pattern of parameter names"
        case .pathGlob: "a pattern of paths"
        case .fieldName: "a field name"
        case .filePath: "a path"
        case .optionalToken, .token: "a token"
        }
    }

    /// In the reference, where many may stand.
    var plural: String {
        switch self {
        case .listen: "addresses to listen on"
        case .network: "IP addresses and networks"
        case .originURL: "URLs of servers"
        case .hostPattern: "host names and patterns"
        case .parameterGlob: "patterns of parameter names"
        case .fieldName: "field names"
        case .token: "tokens"
        default: words
        }
    }

    /// How it is written, with an example.
    var form: String {
        switch self {
        case .size: "write a whole number with B, KB, MB, GB or TB, as 256MB"
        case .duration: "write a whole number with ms, s, m, h or d, as 30s"
        case .int: "write digits alone, as 100"
        case .bool: "write true or false"
        case .word(let words): "write \(words.joined(separator: ", "))"
        case .listen: "write \"host:port\", \"[v6]:port\" or \"unix:/path\", as \"127.0.0.1:8080\""
        case .network: "write an address or a network, as \"192.0.2.1\" or \"10.0.0.0/8\""
        case .originURL: "write scheme, host and port, as \"http://127.0.0.1:3000\""
        case .originName: "write the name of an origin, or a URL as \"http://127.0.0.1:3000\""
        case .redisURL: "write \"redis://host:port/database\", as \"redis://127.0.0.1:6379/0\""
        case .redisPrefix: "write up to 64 printable ASCII characters without spaces and braces, as \"strata:\""
        case .hostPattern: "write a name, \"*.name\" or \"*\", as \"example.com\""
        case .hostField: "write client, origin or a host name, as \"app.internal\""
        case .parameterGlob: "write a name, * for any run of characters, as \"utm_*\""
        case .pathGlob: "write a path that begins with / or *, as \"/static/*\""
        case .fieldName: "write a field name, as \"Surrogate-Key\""
        case .filePath: "write a path, as \"var/cache\""
        case .optionalToken, .token: "write at most 512 printable ASCII characters without spaces"
        }
    }

    /// `, 1MB to 16TB`, where there are bounds.
    var bounds: String? {
        switch self {
        case .size(let range): "\(Units.size(range.lowerBound)) to \(Units.size(range.upperBound))"
        case .duration(let range): "\(Units.duration(range.lowerBound)) to \(Units.duration(range.upperBound))"
        case .int(let range): "\(range.lowerBound) to \(range.upperBound)"
        default: nil
        }
    }
}
