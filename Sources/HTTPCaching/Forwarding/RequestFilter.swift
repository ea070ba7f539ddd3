import HTTPMessage

/// Which fields of a client's request do not go to the origin as they came.
enum RequestFilter {
    static func isDropped(_ line: FieldBlock.Line, of fields: FieldBlock, context: ForwardingContext) -> Bool {
        guard line.name == .other else { return isDropped(line.name, context) }
        return fields.bytes.withUnsafeBytes { isOtherDropped($0.part(line.nameRange), context) }
    }

    private static func isDropped(_ name: FieldName, _ context: ForwardingContext) -> Bool {
        if HopByHop.isDropped(name) { return true }
        switch name {
        // Written anew for every request.
        case .host, .expect, .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRequestID: return true
        case .cookie: return context.stripCookies
        case .xForwardedPort, .xForwardedPrefix, .xForwardedScheme, .xForwardedServer, .xHTTPMethodOverride,
            .xOriginalURL, .xRewriteURL:
            return !context.isTrusted
        default: return false
        }
    }

    /// Names that Strata does not know by number.
    private static func isOtherDropped(_ name: UnsafeRawBufferPointer, _ context: ForwardingContext) -> Bool {
        // `Proxy` becomes the environment's HTTP_PROXY in CGI programs; Proxy-* speak to one hop.
        if name.spells("proxy") || name.starts(with: "proxy-") || name.spells("http2-settings") { return true }
        if !context.isTrusted, claimsClientOrTarget(name) { return true }
        // Many origins read `_` as `-`, so that X_Forwarded_Host would come out as the field that was replaced.
        guard name.contains(UInt8(ascii: "_")) else { return false }
        let hyphened = name.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
        return hyphened.withUnsafeBytes { bytes in
            let known = FieldName.intern(bytes)
            return known == .other ? isOtherDropped(bytes, context) : isDropped(known, context)
        }
    }

    private static func claimsClientOrTarget(_ name: UnsafeRawBufferPointer) -> Bool {
        name.starts(with: "x-forwarded") || name.spells("x-http-method") || name.spells("x-method-override")
            || name.spells("x-original-host") || name.spells("x-host") || name.spells("x-real-ip")
    }
}
