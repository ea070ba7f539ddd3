internal import HTTPTypes
internal import Hummingbird

/// On loopback there is no token, so a web page must not reach the API through its visitor's browser: a request with
/// `Origin`, or for a host that is not this machine (DNS rebinding), is refused.
struct LoopbackGuard<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.headers[.origin] == nil else {
            throw Problem(.forbidden, "requests with an Origin field are refused here: they come from web pages")
        }
        guard let host = request.head.authority, Loopback.isLocalAuthority(host) else {
            throw Problem(.forbidden, "the Host must be localhost, 127.0.0.1 or [::1]")
        }
        return try await next(request, context)
    }
}

extension LoopbackGuard where Context == BasicRequestContext {
    static func isLoopback(_ host: String) -> Bool { Loopback.isLoopback(host) }
}

enum Loopback {
    /// `localhost`, an address of 127.0.0.0/8 or `::1`.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The same with an optional port, and brackets around IPv6.
    static func isLocalAuthority(_ authority: String) -> Bool {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return isLoopback(String(authority[authority.index(after: authority.startIndex)..<end]))
        }
        let name = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return isLoopback(name.lowercased())
    }
}
