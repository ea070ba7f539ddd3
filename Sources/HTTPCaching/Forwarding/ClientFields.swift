import HTTPMessage

/// The fields that tell the origin who asked, and for what: `X-Forwarded-*`, `Forwarded` (RFC 7239), `X-Request-ID`.
enum ClientFields {
    static func append(to out: inout FieldBlock, head: FieldBlock, context: ForwardingContext) {
        let trustsFor = context.isTrusted && head.contains(.xForwardedFor)
        let trustsForwarded = context.isTrusted && head.contains(.forwarded)
        // A trusted peer that sends one of the two lists keeps that one: a list of ours beside it would begin with the
        // peer and hide the client (RFC 7239 §7.4).
        if trustsFor || !trustsForwarded {
            appendList(.xForwardedFor, context.clientAddress, to: &out, head: head, extends: trustsFor)
        }
        if trustsForwarded || !trustsFor {
            appendList(.forwarded, forwardedElement(context), to: &out, head: head, extends: trustsForwarded)
        }
        appendSingle(.xForwardedHost, context.host, to: &out, head: head, isTrusted: context.isTrusted)
        appendSingle(.xForwardedProto, context.scheme, to: &out, head: head, isTrusted: context.isTrusted)
        appendSingle(.xRequestID, context.requestID, to: &out, head: head, isTrusted: context.isTrusted)
    }

    /// One line: what the trusted peer sent, then `own`.
    private static func appendList(
        _ name: FieldName, _ own: [UInt8], to out: inout FieldBlock, head: FieldBlock, extends: Bool
    ) {
        var value: [UInt8] = []
        if extends {
            for line in head.lines where line.name == name && line.valueLength > 0 {
                if !value.isEmpty { value.append(contentsOf: [Octets.comma, Octets.space]) }
                value.append(contentsOf: head.value(line))
            }
        }
        if !own.isEmpty {
            if !value.isEmpty { value.append(contentsOf: [Octets.comma, Octets.space]) }
            value.append(contentsOf: own)
        }
        if !value.isEmpty { out.append(name, value) }
    }

    /// What the trusted peer sent, else `own`.
    private static func appendSingle(
        _ name: FieldName, _ own: [UInt8], to out: inout FieldBlock, head: FieldBlock, isTrusted: Bool
    ) {
        if isTrusted, let line = head.first(name), line.valueLength > 0 {
            out.append(line, of: head)
        } else if !own.isEmpty {
            out.append(name, own)
        }
    }

    /// `for=192.0.2.7;host="example.com:8080";proto=https` (RFC 7239 §4): IPv6 in brackets and quoted (§6).
    static func forwardedElement(_ context: ForwardingContext) -> [UInt8] {
        var element = Array("for=".utf8)
        if context.clientAddress.isEmpty {
            element.append(contentsOf: "unknown".utf8)
        } else if context.clientAddress.contains(Octets.colon) {
            appendValue([UInt8(ascii: "[")] + context.clientAddress + [UInt8(ascii: "]")], to: &element)
        } else {
            appendValue(context.clientAddress, to: &element)
        }
        element.append(contentsOf: ";host=".utf8)
        appendValue(context.host, to: &element)
        element.append(contentsOf: ";proto=".utf8)
        appendValue(context.scheme, to: &element)
        return element
    }

    /// A token, or a quoted string where it is none (RFC 9110 §5.6.4).
    private static func appendValue(_ value: [UInt8], to element: inout [UInt8]) {
        if Octets.isToken(value) {
            element.append(contentsOf: value)
            return
        }
        element.append(Octets.quote)
        for byte in value {
            if byte == Octets.quote || byte == Octets.backslash { element.append(Octets.backslash) }
            element.append(byte)
        }
        element.append(Octets.quote)
    }
}
