internal import Engine
internal import Foundation
internal import Hummingbird

/// What the routes that purge have in common.
struct PurgeDesk: Sendable {
    let control: any ProxyControl

    /// Bodies above this are refused: 16 MB of selectors are the most that a record takes.
    static let maxBody = 16 << 20

    func caller(_ request: Request, _ context: AdminContext, interface: String) -> PurgeCaller {
        PurgeCaller(
            interface: interface, address: context.address, userAgent: request.headers[.userAgent] ?? "",
            target: request.uri.string,
            grant: context.grant)
    }

    /// Carries out what `wish` makes of the request; what it throws is a 400 that the audit log hears of.
    func purge(
        _ request: Request, _ context: AdminContext, interface: String = "admin",
        wish: () throws(PurgeMistake) -> PurgeWish
    ) async -> PurgeAnswer {
        let caller = caller(request, context, interface: interface)
        do throws(PurgeMistake) {
            return await control.purge(try wish(), by: caller)
        } catch {
            let answer = PurgeAnswer(status: 400, error: error.sentence, field: error.field)
            control.refusePurge(answer, by: caller)
            return answer
        }
    }

    /// Nil: it is longer than a purge can be.
    static func body(_ request: Request) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await piece in request.body {
            guard bytes.count + piece.readableBytes <= maxBody else { return nil }
            bytes += piece.readableBytesView
        }
        return bytes
    }

    /// Refuses a body that is too long; the audit log hears of it.
    func tooLong(_ request: Request, _ context: AdminContext, interface: String = "admin") -> PurgeAnswer {
        let answer = PurgeAnswer(
            status: 413, error: "body: it is longer than \(Self.maxBody >> 20) MB", field: "body")
        control.refusePurge(answer, by: caller(request, context, interface: interface))
        return answer
    }

    /// Refuses fields of `PURGE` that would be without effect here, and with them what the client meant.
    static func refuseFields(of request: Request, saidIn place: String) throws(PurgeMistake) {
        for (field, member) in [
            ("Purge-Partition", "partition"), ("Soft-Purge", "soft"), ("Fastly-Soft-Purge", "soft"),
            ("Purge-Refresh", "refresh"), ("Purge-Wait", "wait"), ("Purge-Again", "again"),
        ] {
            if let name = HTTPFields.Element.Name(field), request.headers[name] != nil {
                throw PurgeMistake(field, "it is a field of PURGE; say it in the \(place), as \(member)")
            }
        }
    }
}

extension PurgeAnswer {
    /// The answer's own JSON, or a problem.
    var response: Response {
        guard isPurged else { return problem().response }
        return Response(
            status: HTTPResponse.Status(purge: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json + "\n")))
    }

    /// - Parameter members: more that a dialect's clients read.
    func problem(_ members: [String: JSONValue] = [:]) -> Problem {
        var headers: HTTPFields = [:]
        if status == 429 { headers[.retryAfter] = "1" }
        var problem = Problem(HTTPResponse.Status(purge: status), sentence, headers: headers)
        problem.members = members
        if let field { problem.members["field"] = .string(field) }
        return problem
    }

    /// A field's name stays as it is written.
    private var sentence: String { field != nil ? error : error.prefix(1).uppercased() + error.dropFirst() + "." }
}

extension HTTPResponse.Status {
    /// With its phrase, which a bare number lacks.
    init(purge code: Int) {
        switch code {
        case 200: self = .ok
        case 202: self = .accepted
        case 400: self = .badRequest
        case 401: self = .unauthorized
        case 403: self = .forbidden
        case 413: self = .contentTooLarge
        case 429: self = .tooManyRequests
        case 503: self = .serviceUnavailable
        default: self.init(code: code)
        }
    }
}

/// Percent-decoding of path segments, which the router leaves to us. Bytes, since a tag need not be UTF-8.
enum PercentDecoding {
    /// - Parameter only: bytes that are decoded; nil: all.
    static func bytes(_ text: some StringProtocol, only wanted: [UInt8]? = nil) -> [UInt8] {
        let raw = Array(text.utf8)
        var out: [UInt8] = []
        var at = 0
        while at < raw.count {
            if raw[at] == UInt8(ascii: "%"), at + 2 < raw.count, let high = digit(raw[at + 1]),
                let low = digit(raw[at + 2]), wanted?.contains(high << 4 | low) ?? true
            {
                let byte = high << 4 | low
                out.append(byte)
                at += 3
            } else {
                out.append(raw[at])
                at += 1
            }
        }
        return out
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        byte < 0x80 ? Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) } : nil
    }
}
