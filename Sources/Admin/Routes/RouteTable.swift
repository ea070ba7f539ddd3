internal import Hummingbird
internal import Logging

/// The router and what it does not tell: which methods a path has.
struct RouteTable {
    typealias Context = BasicRequestContext

    private let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
    private var routes: [(segments: [Substring], method: HTTPRequest.Method)] = []

    /// - Parameter path: `{name}` stands for one segment of any content.
    mutating func on(
        _ method: HTTPRequest.Method, _ path: String,
        _ handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        router.on(RouterPath(path), method: method, use: handler)
        routes.append((Self.segments(path), method))
        if method == .get { routes.append((Self.segments(path), .head)) }
    }

    func responder(_ rule: AccessRule) -> AdminResponder {
        AdminResponder(rule: rule, table: Methods(routes: routes), router: router.buildResponder())
    }

    static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }

    struct Methods: Sendable {
        var routes: [(segments: [Substring], method: HTTPRequest.Method)]

        /// Empty: there is no such path.
        func allowed(_ path: String) -> [String] {
            let segments = RouteTable.segments(path)
            return routes.filter { route in
                route.segments.count == segments.count
                    && zip(route.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
            }.map { $0.method.rawValue }
        }
    }
}

/// Asks the rule, then the router, and gives every answer its common fields.
struct AdminResponder: HTTPResponder {
    typealias Context = RouteTable.Context

    let rule: AccessRule
    let table: RouteTable.Methods
    let router: RouterResponder<Context>

    func respond(to request: Request, context: Context) async throws -> Response {
        var response = await answer(request, context)
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ context: Context) async -> Response {
        if let problem = rule.refusal(request) { return problem.response }
        let allowed = table.allowed(request.uri.path)
        if allowed.isEmpty { return Problem(.notFound, "There is no \(request.uri.path) here.").response }
        guard allowed.contains(request.method.rawValue) else {
            let list = allowed.joined(separator: ", ")
            return Problem(.methodNotAllowed, "Allowed: \(list).", headers: [.allow: list]).response
        }
        do {
            return try await router.respond(to: request, context: context)
        } catch {
            context.logger.error("an admin request failed", metadata: ["error": "\(error)"])
            return Problem(.internalServerError).response
        }
    }
}
