/// Host names as the configuration writes them.
enum HostName {
    /// A pattern for `sites[].hosts`, in canonical form: lower case, no trailing dot, IPv6 as RFC 5952 in brackets.
    static func readPattern(_ text: String) throws(ScalarProblem) -> String {
        if text == "*" { return text }
        guard !text.isEmpty else { throw .notOfKind }
        if text.contains("://") || text.contains("/") { throw .said("is not a host alone; leave out scheme and path") }
        if let address = bracketed(text) { return "[\(address)]" }
        if IPAddress(text)?.isV4 == false { throw .said("needs brackets", suggestion: "; did you mean \"[\(text)]\"?") }
        if text.contains(":") { throw .said("has a port; a site is chosen by the name alone, leave the port out") }
        let isWildcard = text.hasPrefix("*.")
        let name = isWildcard ? String(text.dropFirst(2)) : text
        if name.contains("*") { throw .said("has a * that is not the whole first label; write \"*.name\" or \"*\"") }
        let canonical = try canonical(name)
        if isWildcard, IPAddress(canonical) != nil { throw .notOfKind }
        return isWildcard ? "*." + canonical : canonical
    }

    /// A host name or IPv4 address in lower case without trailing dot.
    static func canonical(_ text: String) throws(ScalarProblem) -> String {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw .said("has letters beyond ASCII; write the name in its xn-- form")
        }
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253 else { throw .notOfKind }
        for label in labels {
            guard (1...63).contains(label.count), label.first != 0x2d, label.last != 0x2d,
                label.allSatisfy({ Names.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f })
            else { throw .notOfKind }
        }
        // RFC 3986 §3.2.2: what ends in a number is an address or nothing.
        if labels.last?.allSatisfy({ (0x30...0x39).contains($0) }) == true, IPAddress(name) == nil { throw .notOfKind }
        return name.lowercased()
    }

    /// `host`, `host:port` or `[v6]:port` for the field `Host`, in lower case.
    static func readHostAndPort(_ text: String) throws(ScalarProblem) -> String {
        let (host, port) = try split(text)
        let written = host.contains(":") ? "[\(host)]" : host
        guard let port else { return written }
        guard port > 0 else { throw .said("has port 0") }
        return "\(written):\(port)"
    }

    /// Host in canonical form (IPv6 without brackets) and port, if there is one.
    static func split(_ text: String) throws(ScalarProblem) -> (host: String, port: Int?) {
        var host = text
        var port: Int?
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterBracket...].lastIndex(of: ":") {
            host = String(text[..<colon])
            if host.contains(":"), !host.hasPrefix("[") {
                throw .said("has an IPv6 address without brackets, or more than one port")
            }
            guard let number = Units.readNumber(text[text.index(after: colon)...]), number <= 65_535 else {
                throw .said("has a port that is not a number up to 65535")
            }
            port = number
        }
        if host.hasPrefix("[") {
            guard let address = bracketed(host) else { throw .said("has brackets around what is no IPv6 address") }
            return ("\(address)", port)
        }
        return (try canonical(host), port)
    }

    private static func bracketed(_ text: String) -> IPAddress? {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.contains(":") else { return nil }
        return IPAddress(String(text.dropFirst().dropLast()))
    }
}
