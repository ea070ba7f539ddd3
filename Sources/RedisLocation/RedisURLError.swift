/// What is wrong with a URL. The words are for the person who wrote it and show none of it: a part in the
/// wrong place may be a piece of a password.
package enum RedisURLError: Error, Sendable, Equatable, CustomStringConvertible {
    case noScheme
    case unknownScheme(String)
    case noHost
    case badHost(String)
    case badPort(String)
    case badDatabase(String)
    case databaseInCluster
    case severalHosts
    case noMasterName
    case badMasterName(String)
    case noPath
    case relativePath(String)
    case pathTooLong
    case userWithoutPassword(String)
    case emptyPassword
    case badPercentEncoding
    case badByte
    case unknownParameter(String)
    case sentinelParameter(String)
    case fragment

    package var description: String {
        switch self {
        case .noScheme: "begins with no scheme such as redis://"
        case .unknownScheme: "has another scheme than redis, rediss, unix, redis+sentinel and redis+cluster"
        case .noHost: "has no host"
        case .badHost: "has a host that is no name and no address"
        case .badPort: "has a port that is not a number from 1 to 65535"
        case .badDatabase: "has a path that is not the number of a database, as /0"
        case .databaseInCluster: "names a database; a cluster has database 0 alone"
        case .severalHosts: "has several hosts; that is for redis+sentinel:// and redis+cluster://"
        case .noMasterName: "does not name the master behind the hosts, as redis+sentinel://host:26379/mymaster"
        case .badMasterName: "has a master's name with other characters than letters, digits, \".\", \"-\" and \"_\""
        case .noPath: "has no socket path"
        case .relativePath: "has a socket path that does not begin with /"
        case .pathTooLong: "has a socket path above 107 bytes"
        case .userWithoutPassword:
            "has a user name without password; write user:password@, or without a user :password@"
        case .emptyPassword: "has an empty password; give it a value or leave it out"
        case .badPercentEncoding: "has a % without two hexadecimal digits, or bytes that are not UTF-8"
        case .badByte: "has spaces, control characters or a backslash in it"
        case .unknownParameter: "has an unknown parameter behind the ?"
        case .sentinelParameter(let name): "has the parameter \"\(name)\", which is for redis+sentinel:// alone"
        case .fragment: "has a #; in a password write it as %23"
        }
    }
}
