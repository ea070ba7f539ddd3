internal import Engine
internal import Hummingbird
internal import Logging

/// The router and what it does not tell: which methods a path has.
struct RouteTable {
    typealias Context = AdminContext
    typealias Handler = @Sendable (Request, Context) async throws -> Response

    private struct Route {
        var segments: [Substring]
        var method: HTTPRequest.Method
        var purges: Bool
    }

    private let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
    private var routes: [Route] = []
    private var purgeMethod: Handler?

    /// - Parameters:
    ///   - path: `{name}` stands for one segment of any content, `**` at the end for all that follow.
    ///   - purges: whoever may purge may use it, with a grant in the context.
    mutating func on(
        _ method: HTTPRequest.Method, _ path: String, purges: Bool = false, _ handler: @escaping Handler
    ) {
        router.on(RouterPath(path), method: method, use: handler)
        routes.append(Route(segments: Self.segments(path), method: method, purges: purges))
        if method == .get { routes.append(Route(segments: Self.segments(path), method: .head, purges: purges)) }
    }

    /// `PURGE`, whatever its target.
    mutating func onPurge(_ handler: @escaping Handler) { purgeMethod = handler }

    func responder(_ rule: AccessRule, refused: @escaping RefusedPurge) -> AdminResponder {
        let known = routes.map { (segments: $0.segments, method: $0.method, purges: $0.purges) }
        return AdminResponder(
            rule: rule, table: Methods(routes: known), router: router.buildResponder(), purgeMethod: purgeMethod,
            refused: refused)
    }

    static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }

    struct Methods: Sendable {
        var routes: [(segments: [Substring], method: HTTPRequest.Method, purges: Bool)]

        /// Empty: there is no such path.
        func allowed(_ path: String) -> [(method: String, purges: Bool)] {
            let segments = RouteTable.segments(path)
            return routes.filter { Self.matches($0.segments, segments) }.map { ($0.method.rawValue, $0.purges) }
        }

        private static func matches(_ route: [Substring], _ path: [Substring]) -> Bool {
            if route.last == "**" {
                guard path.count >= route.count else { return false }
                return zip(route.dropLast(), path).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
            }
            return route.count == path.count && zip(route, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
    }
}

/// Told of a purge that was refused before a handler saw it, for the audit log.
typealias RefusedPurge = @Sendable (Request, AdminContext, Problem) -> Void

/// Asks the rule, then the router, and gives every answer its common fields.
struct AdminResponder: HTTPResponder {
    typealias Context = RouteTable.Context

    let rule: AccessRule
    let table: RouteTable.Methods
    let router: RouterResponder<Context>
    let purgeMethod: RouteTable.Handler?
    let refused: RefusedPurge

    func respond(to request: Request, context: Context) async throws -> Response {
        var response = await answer(request, context)
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ context: Context) async -> Response {
        var context = context
        let isPurge = request.method.rawValue == "PURGE" && purgeMethod != nil
        let allowed = table.allowed(request.uri.path)
        if isPurge || allowed.contains(where: { $0.method == request.method.rawValue && $0.purges }) {
            switch rule.grant(request) {
            case .success(let grant): context.grant = grant
            case .failure(let problem):
                refused(request, context, problem)
                return problem.response
            }
        } else {
            if let problem = rule.refusal(request) { return problem.response }
            if allowed.isEmpty { return Problem(.notFound, "There is no \(request.uri.path) here.").response }
            guard allowed.contains(where: { $0.method == request.method.rawValue }) else {
                let list = allowed.map(\.method).joined(separator: ", ")
                return Problem(.methodNotAllowed, "Allowed: \(list).", headers: [.allow: list]).response
            }
        }
        do {
            if isPurge, let purgeMethod { return try await purgeMethod(request, context) }
            return try await router.respond(to: request, context: context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as any HTTPResponseError where error.status.code < 500 {
            return Problem(error.status, error.status == .contentTooLarge ? "The body is too long." : nil).response
        } catch {
            context.logger.error("an admin request failed", metadata: ["error": "\(error)"])
            return Problem(.internalServerError).response
        }
    }
}
