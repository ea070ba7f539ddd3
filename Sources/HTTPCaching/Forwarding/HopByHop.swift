import HTTPMessage

/// Fields that belong to one connection (RFC 9110 §7.6.1) or to the framing of one message.
enum HopByHop {
    /// Never forwarded and never stored, in either direction. The proxy authentication fields speak to one hop
    /// (RFC 9111 §3.1); framing is made anew for each side.
    static func isDropped(_ name: FieldName) -> Bool {
        switch name {
        case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthenticationInfo,
            .proxyAuthorization, .te, .trailer, .transferEncoding, .upgrade, .contentLength:
            true
        default: false
        }
    }

    /// Fields meant for every recipient: `Connection` can't take them away, whatever it lists (RFC 9110 §7.6.1;
    /// attacks.md 10). Else a client could strip what identifies it, or an origin's answer its own prohibition.
    static func isEndToEnd(_ name: FieldName) -> Bool {
        switch name {
        case .host, .authorization, .wwwAuthenticate, .cookie, .setCookie, .contentEncoding, .contentRange,
            .contentType, .cacheControl, .cdnCacheControl, .surrogateControl, .strataCacheControl, .pragma, .vary,
            .age, .date, .expires, .etag, .lastModified, .cacheStatus, .via, .forwarded, .xForwardedFor,
            .xForwardedHost, .xForwardedProto, .xForwardedPort, .xForwardedPrefix, .xForwardedScheme,
            .xForwardedServer, .xRequestID:
            true
        default: false
        }
    }
}

/// The field names that the `Connection` lines of one message list (RFC 9110 §7.6.1).
struct ConnectionOptions {
    /// Options after this many are not read: a message has no more fields that they could name.
    private static let limit = 100

    /// Ranges of the block's bytes.
    private var options: [Range<Int>] = []

    init(_ fields: FieldBlock) {
        guard fields.contains(.connection) else { return }
        fields.bytes.withUnsafeBytes { bytes in
            for line in fields.lines where line.name == .connection {
                var members = ListCursor(bytes.part(line.valueRange))
                while let member = members.next(), options.count < Self.limit {
                    guard let from = member.baseAddress, let start = bytes.baseAddress else { continue }
                    // Most options are these two and name no field that is forwarded.
                    if member.spells("close") || member.spells("keep-alive") { continue }
                    let offset = from - start
                    options.append(offset..<offset + member.count)
                }
            }
        }
    }

    /// Whether the line is one that `Connection` takes away. `fields` is the block that these options came from.
    func lists(_ line: FieldBlock.Line, of fields: FieldBlock) -> Bool {
        guard !options.isEmpty, !HopByHop.isEndToEnd(line.name) else { return false }
        return options.contains { option in
            guard option.count == Int(line.nameLength) else { return false }
            return zip(fields.bytes[option], fields.nameBytes(line)).allSatisfy {
                FieldBlock.lowercase($0) == FieldBlock.lowercase($1)
            }
        }
    }
}
