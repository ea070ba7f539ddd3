internal import HTTPTypes
internal import Hummingbird

/// Asks for `Authorization: Bearer` with the configured token.
struct TokenGuard<Context: RequestContext>: RouterMiddleware {
    let token: String

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let shown = request.headers[.authorization], Self.isEqual(shown, "Bearer \(token)") else {
            throw Problem(.unauthorized, "send Authorization: Bearer with the admin token")
        }
        return try await next(request, context)
    }

    /// Compares in a time that depends on the lengths only.
    static func isEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var difference = a.count ^ b.count
        for (index, byte) in a.enumerated() { difference |= Int(byte ^ b[index % b.count]) }
        return difference == 0
    }
}
