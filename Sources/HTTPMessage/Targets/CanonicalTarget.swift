/// Host, path and query of a request in the one form that is the key, is matched by rules and purges, and is sent to
/// the origin, byte for byte (design.md section 9, attacks.md 11, 12, 15, 16). Scratch: a connection reuses one, and
/// its storage.
///
/// - Host: lower case, without a trailing dot, IPv6 as RFC 5952 writes it; the scheme's default port dropped.
/// - Path: hex digits of triplets in upper case, unreserved characters decoded; `//`, letter case, a trailing slash,
///   `;params` and `%2F` stay. Dot segments, backslashes and NULs in any encoding and overlong UTF-8 are refused. So
///   are dot segments that stand between `%2F`s or before a `;`: some origins take them for real ones.
/// - Query: triplets as in the path. An empty query (`/a?`) is not the same as none.
///
/// Canonical bytes are their own canonical form.
package struct CanonicalTarget: Sendable {
    /// Host, then path, then `?` and query.
    package private(set) var bytes: [UInt8] = []
    /// Host with port; empty when the request names none (HTTP/1.0 without `Host`).
    package private(set) var host: Range<Int> = 0..<0
    /// Starts with `/`, or is `*`.
    package private(set) var path: Range<Int> = 0..<0
    /// Without the `?`; nil when there is none.
    package private(set) var query: Range<Int>?
    /// What the absolute form says; nil for the other forms, whose scheme is the connection's.
    package private(set) var scheme: Scheme?
    /// Where a form is written that may still turn out to be none; never shrinks.
    private var scratch: [UInt8] = []
    /// `OPTIONS *`: about the server as a whole.
    package private(set) var isAsterisk = false

    package init() {}

    /// Path and query as they stand in the request line to the origin.
    package var requestTarget: Range<Int> { path.lowerBound..<(query?.upperBound ?? path.upperBound) }

    /// Takes the target and `Host` of a parsed head. `scheme` is the connection's; it says which port is the default
    /// one unless the target is in absolute form. An absolute form's authority replaces `Host` (RFC 9112 §3.2.2).
    package mutating func canonicalize(_ head: borrowing RequestHead, scheme: Scheme) throws(RequestError) {
        let (method, target, host) = (head.method, head.targetRange, head.hostRange)
        try canonicalize(method: method, head.fields.bytes, target: target, host: host, scheme: scheme)
    }

    /// The same from bytes that come from elsewhere: HTTP/2 pseudo-fields, a URL of a purge or a warm-up. `host` may be
    /// nil or empty: no host is known. After an error the target is empty.
    package mutating func canonicalize(
        method: Method, target: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?, scheme: Scheme
    ) throws(RequestError) {
        // Room for what is written: nothing grows but an IPv6 address, an empty path and a missing host.
        let room = target.count + (host?.count ?? 0) + 2 * IPv6Address.longestText
        if scratch.count < room { scratch = [UInt8](repeating: 0, count: max(room, 256)) }
        removeAll()
        var written = Parts()
        let outcome: Result<Int, RequestError> = scratch.withUnsafeMutableBytes { out in
            do throws(RequestError) {
                return .success(try written.write(out, method: method, target: target, host: host, scheme: scheme))
            } catch {
                return .failure(error)
            }
        }
        let count: Int
        switch outcome {
        case .success(let length): count = length
        case .failure(let error): throw error
        }
        scratch.withUnsafeBytes { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        self.host = 0..<written.hostEnd
        self.path = written.hostEnd..<written.pathEnd
        self.query = written.hasQuery ? written.pathEnd + 1..<count : nil
        self.scheme = written.scheme
        self.isAsterisk = written.isAsterisk
    }

    private mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        (host, path, query, scheme, isAsterisk) = (0..<0, 0..<0, nil, nil, false)
    }

    private mutating func canonicalize(
        method: Method, _ head: [UInt8], target: Range<Int>, host: Range<Int>?, scheme: Scheme
    ) throws(RequestError) {
        let outcome: RequestError? = head.withUnsafeBytes { head in
            do throws(RequestError) {
                try canonicalize(
                    method: method, target: UnsafeRawBufferPointer(rebasing: head[target]),
                    host: host.map { UnsafeRawBufferPointer(rebasing: head[$0]) }, scheme: scheme)
                return nil
            } catch {
                return error
            }
        }
        if let outcome { throw outcome }
    }

    /// Drops and sorts parameters; what is left is the query that goes to the origin. A query of which nothing is left
    /// is none, one that was empty before stays.
    package mutating func apply(_ rules: QueryRules) {
        guard let query, !query.isEmpty else { return }
        guard let replacement = rules.apply(to: bytes[query]) else { return }
        bytes.removeSubrange(query)
        bytes.append(contentsOf: replacement)
        if replacement.isEmpty {
            bytes.removeLast()
            self.query = nil
        } else {
            self.query = query.lowerBound..<bytes.count
        }
    }
}

/// Where the parts of a target ended when it was written.
private struct Parts {
    var hostEnd = 0
    var pathEnd = 0
    var hasQuery = false
    var scheme: Scheme?
    var isAsterisk = false

    /// Writes the canonical form into `out`, which has room, and returns its length.
    mutating func write(
        _ out: UnsafeMutableRawBufferPointer, method: Method, target: UnsafeRawBufferPointer,
        host: UnsafeRawBufferPointer?, scheme connectionScheme: Scheme
    ) throws(RequestError) -> Int {
        guard method != .connect else { throw .connectNotSupported }
        guard let first = target.first else { throw .badTarget }
        var writer = TargetWriter(out: out)
        var read = 0
        if first == 0x2f || (target.count == 1 && first == 0x2a) {
            if let host, !host.isEmpty { try writer.writeHost(host, defaultPort: connectionScheme.defaultPort) }
            if first == 0x2a {
                guard method == .options else { throw .badTarget }
                return finishAsterisk(&writer)
            }
        } else {
            let (scheme, start) = try AbsoluteForm.scheme(target)
            let end = AbsoluteForm.authorityEnd(target, start)
            let authority = UnsafeRawBufferPointer(rebasing: target[start..<end])
            if authority.contains(0x40) { throw .userInfoInTarget }
            try writer.writeHost(authority, defaultPort: scheme.defaultPort)
            self.scheme = scheme
            read = end
            // RFC 9112 §3.2.4: an OPTIONS of a URI without path and query is about the server.
            if method == .options, end == target.count { return finishAsterisk(&writer) }
        }
        hostEnd = writer.at
        read = try writer.writePath(target, from: read)
        pathEnd = writer.at
        if read < target.count {
            hasQuery = true
            try writer.writeQuery(target, from: read)
        }
        return writer.at
    }

    private mutating func finishAsterisk(_ writer: inout TargetWriter) -> Int {
        hostEnd = writer.at
        writer.put(0x2a)
        pathEnd = writer.at
        isAsterisk = true
        return writer.at
    }
}

/// `http://authority…` (RFC 9112 §3.2.2).
private enum AbsoluteForm {
    /// The scheme and where the authority starts; no other scheme than http and https is served.
    static func scheme(_ target: UnsafeRawBufferPointer) throws(RequestError) -> (Scheme, Int) {
        for (scheme, prefix) in [(Scheme.http, "http://" as StaticString), (.https, "https://")] {
            let length = prefix.utf8CodeUnitCount
            if target.count >= length, Text.equals(target[..<length], prefix) { return (scheme, length) }
        }
        throw .badTarget
    }

    static func authorityEnd(_ target: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var i = start
        while i < target.count, target[i] != 0x2f, target[i] != 0x3f, target[i] != 0x23 { i += 1 }
        return i
    }
}
