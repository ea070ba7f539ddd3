package import HTTPMessage

/// What passes from one side to the other (RFC 9110 §7.6, RFC 7239; attacks.md 5, 10, 13).
package enum Forwarding {
    /// The fields of the request to the origin but for its framing, `Host` first. Connection-specific fields go, with
    /// those that `Connection` lists; what an untrusted peer says of the client, the host, the scheme or the method
    /// that it "really" means goes too (attacks.md 13); the rest keeps its bytes and its order. A broken
    /// Accept-Encoding becomes `identity`, as `Vary` selects by that.
    package static func requestFields(_ head: FieldBlock, context: ForwardingContext) -> FieldBlock {
        var out = FieldBlock()
        out.bytes.reserveCapacity(head.bytes.count + 256)
        out.lines.reserveCapacity(head.count + 8)
        out.append(.host, context.originHost)
        let options = ConnectionOptions(head)
        let replacesCodings = head.contains(.acceptEncoding) && !AcceptEncoding.isValid(head)
        for line in head.lines {
            if RequestFilter.isDropped(line, of: head, context: context) || options.lists(line, of: head) { continue }
            if line.name == .acceptEncoding, replacesCodings { continue }
            out.append(line, of: head)
        }
        if replacesCodings { out.append(.acceptEncoding, AcceptEncoding.identity) }
        ClientFields.append(to: &out, head: head, context: context)
        if context.viaToOrigin {
            out.append(.via, viaMember(version: context.receivedVersion, pseudonym: context.pseudonym))
        }
        return out
    }

    /// The fields of the response to the client, and to the store, but for framing: without connection-specific fields
    /// and those that `Connection` lists, else byte for byte in order.
    package static func responseFields(_ fields: FieldBlock, stripCookies: Bool) -> FieldBlock {
        let options = ConnectionOptions(fields)
        var out = FieldBlock()
        out.bytes.reserveCapacity(fields.bytes.count)
        out.lines.reserveCapacity(fields.count)
        for line in fields.lines {
            if HopByHop.isDropped(line.name) || options.lists(line, of: fields) { continue }
            if stripCookies, line.name == .setCookie { continue }
            out.append(line, of: fields)
        }
        return out
    }

    /// `1.1 pseudonym`: a member of `Via` (RFC 9110 §7.6.3).
    package static func viaMember(version: StaticString = "1.1", pseudonym: [UInt8]) -> [UInt8] {
        var member: [UInt8] = []
        member.reserveCapacity(8 + pseudonym.count)
        member.append(contentsOf: UnsafeBufferPointer(start: version.utf8Start, count: version.utf8CodeUnitCount))
        member.append(Octets.space)
        member.append(contentsOf: pseudonym)
        return member
    }

    /// Whether the request went through this instance before: 508.
    package static func isLoop(_ fields: FieldBlock, pseudonym: [UInt8]) -> Bool {
        guard fields.contains(.via) else { return false }
        return fields.bytes.withUnsafeBytes { bytes in
            for line in fields.lines where line.name == .via {
                var members = ViaMembers(bytes.part(line.valueRange))
                while let receivedBy = members.next() {
                    if receivedBy.elementsEqual(pseudonym) { return true }
                }
            }
            return false
        }
    }
}

/// Walks the `received-by` of the members of one `Via` value. Commas in comments separate nothing.
private struct ViaMembers {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Empty for a member that has none.
    mutating func next() -> UnsafeRawBufferPointer? {
        guard at < bytes.count else { return nil }
        let start = at
        var depth = 0
        var comment: Int?
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "(") {
                depth += 1
                comment = comment ?? at
            } else if byte == UInt8(ascii: ")"), depth > 0 {
                depth -= 1
            } else if depth > 0, byte == Octets.backslash {
                at += 1
            } else if depth == 0, byte == Octets.comma {
                break
            }
            at += 1
        }
        let end = min(at, bytes.count)
        at += 1
        let member = bytes.part(start..<min(comment ?? end, end)).trimmed
        guard let gap = member.firstIndex(where: Octets.isWhitespace) else { return member.part(0..<0) }
        let rest = member.part(gap..<member.count).trimmed
        return rest.part(0..<(rest.firstIndex(where: Octets.isWhitespace) ?? rest.count))
    }
}
