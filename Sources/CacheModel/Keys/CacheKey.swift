/// The primary key of a stored response (RFC 9111 §2): method, scheme, host, path and query, each with its length in
/// front so that no component can run into the next (attacks.md 14). What is in it is what goes to the origin.
///
/// ```
/// varint length, "GET" · varint, scheme · varint, host[:port] · varint, path · varint (length + 1; 0: no '?'), query
/// ```
/// A varint is LEB128: seven bits a byte, low group first. Of a partition other than the default one the bytes 80 00,
/// which no length is written as, the length of the partition's name as a varint and the name come before that.
package struct CacheKey: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// All at once: an array's own way is byte by byte.
    package func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }

    /// - Parameter partition: empty: the default one.
    package init(
        partition: [UInt8] = [], method: some Collection<UInt8> = Array("GET".utf8), scheme: some Collection<UInt8>,
        host: some Collection<UInt8>, path: some Collection<UInt8>, query: (some Collection<UInt8>)?
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + host.count + path.count + (query?.count ?? 0))
        Self.append(partition: partition, to: &bytes)
        Self.append(method, to: &bytes)
        Self.append(scheme, to: &bytes)
        Self.append(host, to: &bytes)
        Self.append(path, to: &bytes)
        if let query {
            Self.appendVarint(query.count + 1, to: &bytes)
            bytes.append(contentsOf: query)
        } else {
            bytes.append(0)
        }
        self.bytes = bytes
    }

    /// What a key of that partition begins with: nothing in the default one, whose name is empty.
    package static func append(partition: [UInt8], to bytes: inout [UInt8]) {
        guard !partition.isEmpty else { return }
        bytes.append(Self.partitionMark.0)
        bytes.append(Self.partitionMark.1)
        append(partition, to: &bytes)
    }

    static let partitionMark: (UInt8, UInt8) = (0x80, 0x00)

    package static func append(_ component: some Collection<UInt8>, to bytes: inout [UInt8]) {
        appendVarint(component.count, to: &bytes)
        bytes.append(contentsOf: component)
    }

    package static func appendVarint(_ value: Int, to bytes: inout [UInt8]) {
        var rest = UInt(value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// The parts of a cache key, as ranges of its bytes.
package struct CacheKeyParts: Sendable {
    /// The partition's name; empty: the default one.
    package var partition: Range<Int>
    package var method: Range<Int>
    package var scheme: Range<Int>
    package var host: Range<Int>
    package var path: Range<Int>
    package var query: Range<Int>?

    /// Nil when the bytes are not a whole key: they may come from Redis or disk.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        var at = 0
        func varint() -> Int? {
            var value = 0
            var shift = 0
            while at < bytes.count, shift < 35 {
                let byte = bytes[at]
                at += 1
                value |= Int(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        func part(_ length: Int?) -> Range<Int>? {
            guard let length, length <= bytes.count - at else { return nil }
            defer { at += length }
            return at..<at + length
        }
        partition = 0..<0
        if bytes.count >= 2, (bytes[0], bytes[1]) == CacheKey.partitionMark {
            at = 2
            guard let named = part(varint()), !named.isEmpty else { return nil }
            partition = named
        }
        guard let method = part(varint()), let scheme = part(varint()), let host = part(varint()),
            let path = part(varint()), let marked = varint()
        else { return nil }
        self.method = method
        self.scheme = scheme
        self.host = host
        self.path = path
        if marked > 0 {
            guard let query = part(marked - 1) else { return nil }
            self.query = query
        }
        guard at == bytes.count else { return nil }
    }
}
