internal import Hummingbird

/// An error as the admin API answers it: RFC 9457, `application/problem+json`.
struct Problem: Error, HTTPResponseError {
    static let mediaType = "application/problem+json"

    var status: HTTPResponse.Status
    var detail: String?
    var headers: HTTPFields = [:]
    /// Beside those that every problem has (RFC 9457 §3.2).
    var members: [String: JSONValue] = [:]

    init(_ status: HTTPResponse.Status, _ detail: String? = nil, headers: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.headers = headers
    }

    var response: Response {
        var members = self.members
        members["type"] = "about:blank"
        members["title"] = .string(status.reasonPhrase)
        members["status"] = .integer(status.code)
        if let detail { members["detail"] = .string(detail) }
        return Response(.object(members), status: status, mediaType: Self.mediaType, headers: headers)
    }

    func response(from request: Request, context: some RequestContext) throws -> Response { response }
}

extension Response {
    init(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, mediaType: String = "application/json",
        headers: HTTPFields = [:]
    ) {
        var headers = headers
        headers[.contentType] = mediaType
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.bytes)))
    }
}
