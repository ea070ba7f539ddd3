/// The field names that Strata itself reads or writes, interned when a head is parsed, so that later code compares
/// integers. Every other name is `.other`, and its bytes stand in the `FieldBlock`.
package enum FieldName: UInt8, Sendable, CaseIterable {
    case other
    case accept, acceptEncoding, acceptLanguage, acceptRanges, age, allow, altSvc, authorization
    case cacheControl, cacheGroupInvalidation, cacheGroups, cacheStatus, cacheTag, cdnCacheControl, connection,
        contentEncoding, contentLanguage
    case contentLength, contentLocation, contentRange, contentType, cookie
    case date, etag, expect, expires, fastlyKey, fastlySoftPurge, forwarded, from, host
    case ifMatch, ifModifiedSince, ifNoneMatch, ifRange, ifUnmodifiedSince, keepAlive, lastModified, location
    case maxForwards, origin, pragma, proxyAuthenticate, proxyAuthenticationInfo, proxyAuthorization, proxyConnection
    case purgeWait, range, referer, retryAfter, server, setCookie, softPurge, strataCacheControl, strataDebug
    case surrogateControl, surrogateKey, te, trailer, transferEncoding, upgrade, userAgent, vary, via, warning
    case wwwAuthenticate, xCacheTags, xForwardedFor, xForwardedHost, xForwardedPort, xForwardedPrefix, xForwardedProto
    case xForwardedScheme, xForwardedServer, xHTTPMethodOverride, xOriginalURL, xRequestID, xRewriteURL
    case xkey, xkeyPurge, xkeySoftpurge

    /// The name as Strata writes it, in the customary case.
    package var text: StaticString {
        switch self {
        case .other: ""
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptLanguage: "Accept-Language"
        case .acceptRanges: "Accept-Ranges"
        case .age: "Age"
        case .allow: "Allow"
        case .altSvc: "Alt-Svc"
        case .authorization: "Authorization"
        case .cacheControl: "Cache-Control"
        case .cacheGroupInvalidation: "Cache-Group-Invalidation"
        case .cacheGroups: "Cache-Groups"
        case .cacheStatus: "Cache-Status"
        case .cacheTag: "Cache-Tag"
        case .cdnCacheControl: "CDN-Cache-Control"
        case .connection: "Connection"
        case .contentEncoding: "Content-Encoding"
        case .contentLanguage: "Content-Language"
        case .contentLength: "Content-Length"
        case .contentLocation: "Content-Location"
        case .contentRange: "Content-Range"
        case .contentType: "Content-Type"
        case .cookie: "Cookie"
        case .date: "Date"
        case .etag: "ETag"
        case .expect: "Expect"
        case .expires: "Expires"
        case .fastlyKey: "Fastly-Key"
        case .fastlySoftPurge: "Fastly-Soft-Purge"
        case .forwarded: "Forwarded"
        case .from: "From"
        case .host: "Host"
        case .ifMatch: "If-Match"
        case .ifModifiedSince: "If-Modified-Since"
        case .ifNoneMatch: "If-None-Match"
        case .ifRange: "If-Range"
        case .ifUnmodifiedSince: "If-Unmodified-Since"
        case .keepAlive: "Keep-Alive"
        case .lastModified: "Last-Modified"
        case .location: "Location"
        case .maxForwards: "Max-Forwards"
        case .origin: "Origin"
        case .pragma: "Pragma"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .proxyAuthenticationInfo: "Proxy-Authentication-Info"
        case .proxyAuthorization: "Proxy-Authorization"
        case .proxyConnection: "Proxy-Connection"
        case .purgeWait: "Purge-Wait"
        case .range: "Range"
        case .referer: "Referer"
        case .retryAfter: "Retry-After"
        case .server: "Server"
        case .setCookie: "Set-Cookie"
        case .softPurge: "Soft-Purge"
        case .strataCacheControl: "Strata-Cache-Control"
        case .strataDebug: "Strata-Debug"
        case .surrogateControl: "Surrogate-Control"
        case .surrogateKey: "Surrogate-Key"
        case .te: "TE"
        case .trailer: "Trailer"
        case .transferEncoding: "Transfer-Encoding"
        case .upgrade: "Upgrade"
        case .userAgent: "User-Agent"
        case .vary: "Vary"
        case .via: "Via"
        case .warning: "Warning"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .xCacheTags: "X-Cache-Tags"
        case .xForwardedFor: "X-Forwarded-For"
        case .xForwardedHost: "X-Forwarded-Host"
        case .xForwardedPort: "X-Forwarded-Port"
        case .xForwardedPrefix: "X-Forwarded-Prefix"
        case .xForwardedProto: "X-Forwarded-Proto"
        case .xForwardedScheme: "X-Forwarded-Scheme"
        case .xForwardedServer: "X-Forwarded-Server"
        case .xHTTPMethodOverride: "X-HTTP-Method-Override"
        case .xOriginalURL: "X-Original-URL"
        case .xRequestID: "X-Request-ID"
        case .xRewriteURL: "X-Rewrite-URL"
        case .xkey: "xkey"
        case .xkeyPurge: "xkey-purge"
        case .xkeySoftpurge: "xkey-softpurge"
        }
    }

    /// The interned name of these bytes in any letter case, or `.other`. `bytes` must be a valid token (the compare
    /// folds bit 5, which would also equate some bytes that no token holds).
    package static func intern(_ bytes: UnsafeRawBufferPointer) -> FieldName { FieldNameTable.shared.find(bytes) }

    /// Whether these bytes spell this name in any letter case; `bytes` must be a valid token.
    package func equals(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let text = self.text
        guard text.utf8CodeUnitCount == bytes.count else { return false }
        return FieldNameTable.matches(UnsafeRawPointer(text.utf8Start), bytes)
    }
}
