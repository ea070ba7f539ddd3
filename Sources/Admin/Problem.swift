internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// An error as problem+json (RFC 9457).
struct Problem: Error {
    var status: HTTPResponse.Status
    var detail: String

    init(_ status: HTTPResponse.Status, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    var response: Response {
        let json: JSON = .object([
            ("type", .string("about:blank")), ("title", .string(status.reasonPhrase)),
            ("status", .integer(status.code)), ("detail", .string(detail)),
        ])
        return json.response(status: status, type: "application/problem+json")
    }
}

/// Turns every error into problem+json, and keeps answers out of caches.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let problem as Problem {
            response = problem.response
        } catch let error as HTTPError where error.status == .notFound {
            response = Problem(.notFound, "there is nothing at \(request.uri.path) for \(request.method)").response
        } catch let error as any HTTPResponseError {
            response = Problem(error.status, error.status.reasonPhrase).response
        } catch {
            context.logger.error("an admin request failed", metadata: ["error": "\(error)"])
            response = Problem(.internalServerError, "see the log").response
        }
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
