internal import Hummingbird

/// An error as the admin API answers it: RFC 9457, `application/problem+json`.
struct Problem: Error, HTTPResponseError {
    static let mediaType = "application/problem+json"

    var status: HTTPResponse.Status
    var detail: String?
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ detail: String? = nil, headers: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.headers = headers
    }

    var response: Response {
        var members: [String: JSONValue] = [
            "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(status.code),
        ]
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
