/// An absolute `http` or `https` URI in the parts that an origin comparison needs (RFC 9110 §4.3.1, RFC 3986).
struct TargetURI: Equatable {
    /// Lower case.
    var scheme: [UInt8]
    /// Host and port, lower case, without the scheme's default port.
    var authority: [UInt8]
    /// Begins with `/`; no dot segments.
    var path: [UInt8]
    var query: [UInt8]?

    var bytes: [UInt8] {
        var out = scheme
        out.append(contentsOf: "://".utf8)
        out.append(contentsOf: authority)
        out.append(contentsOf: path)
        if let query {
            out.append(UInt8(ascii: "?"))
            out.append(contentsOf: query)
        }
        return out
    }

    /// Nil for other schemes, for user information, and for bytes that no URI holds.
    init?(absolute: UnsafeRawBufferPointer) {
        guard absolute.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        let isSecure: Bool
        if absolute.starts(with: "http://") {
            isSecure = false
        } else if absolute.starts(with: "https://") {
            isSecure = true
        } else {
            return nil
        }
        let start = isSecure ? 8 : 7
        self.init(isSecure: isSecure, afterSlashes: absolute.part(start..<absolute.count))
    }

    /// `reference` resolved against `base` (RFC 3986 §5.2).
    init?(reference: UnsafeRawBufferPointer, base: TargetURI) {
        guard reference.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        let isSecure = base.scheme.count == 5
        if reference.starts(with: "//") {
            self.init(isSecure: isSecure, afterSlashes: reference.part(2..<reference.count))
            return
        }
        if Self.hasScheme(reference) {
            self.init(absolute: reference)
            return
        }
        let (path, query) = Self.split(reference)
        self = base
        if path.isEmpty {
            if let query { self.query = Array(query) }
            return
        }
        self.query = query.map { Array($0) }
        if path[0] == Octets.slash {
            self.path = Self.withoutDotSegments(Array(path))
        } else {
            let folder = base.path.lastIndex(of: Octets.slash).map { Array(base.path[...$0]) } ?? [Octets.slash]
            self.path = Self.withoutDotSegments(folder + Array(path))
        }
    }

    private init?(isSecure: Bool, afterSlashes rest: UnsafeRawBufferPointer) {
        let end = rest.firstIndex { $0 == Octets.slash || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let host = rest.part(0..<(end ?? rest.count))
        guard !host.isEmpty, !host.contains(UInt8(ascii: "@")) else { return nil }
        scheme = Array((isSecure ? "https" : "http").utf8)
        authority = Self.withoutDefaultPort(host.lowercased, isSecure: isSecure)
        let (path, query) = Self.split(rest.part((end ?? rest.count)..<rest.count))
        self.path = path.isEmpty ? [Octets.slash] : Self.withoutDotSegments(Array(path))
        self.query = query.map { Array($0) }
    }

    /// A colon before the first `/`, `?` or `#` ends a scheme (RFC 3986 §4.2).
    private static func hasScheme(_ reference: UnsafeRawBufferPointer) -> Bool {
        for byte in reference {
            switch byte {
            case Octets.colon: return true
            case Octets.slash, UInt8(ascii: "?"), UInt8(ascii: "#"): return false
            default: continue
            }
        }
        return false
    }

    /// Path and query, the fragment left out.
    private static func split(
        _ bytes: UnsafeRawBufferPointer
    ) -> (path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer?) {
        let end = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
        let whole = bytes.part(0..<end)
        guard let mark = whole.firstIndex(of: UInt8(ascii: "?")) else { return (whole, nil) }
        return (whole.part(0..<mark), whole.part(mark + 1..<whole.count))
    }

    private static func withoutDefaultPort(_ authority: [UInt8], isSecure: Bool) -> [UInt8] {
        guard let colon = authority.lastIndex(of: Octets.colon), !authority[colon...].contains(UInt8(ascii: "]")) else {
            return authority
        }
        let port = authority[(colon + 1)...]
        let isDefault = port.isEmpty || port.elementsEqual((isSecure ? "443" : "80").utf8)
        return isDefault ? Array(authority[..<colon]) : authority
    }

    /// RFC 3986 §5.2.4 for a path that begins with `/`.
    private static func withoutDotSegments(_ path: [UInt8]) -> [UInt8] {
        let dot = UInt8(ascii: ".")
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.dropFirst().split(separator: Octets.slash, omittingEmptySubsequences: false)
        for (i, segment) in segments.enumerated() {
            let isLast = i == segments.count - 1
            if segment.elementsEqual([dot]) {
                if isLast { kept.append([]) }
            } else if segment.elementsEqual([dot, dot]) {
                _ = kept.popLast()
                if isLast { kept.append([]) }
            } else {
                kept.append(segment)
            }
        }
        return kept.reduce(into: []) { out, segment in
            out.append(Octets.slash)
            out.append(contentsOf: segment)
        }
    }
}
