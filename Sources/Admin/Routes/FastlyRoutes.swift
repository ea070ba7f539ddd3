internal import Engine
internal import Foundation
internal import Hummingbird

/// The purge part of Fastly's API, so that its clients work when they are pointed here. The service's id is not looked
/// at: this is the one service there is.
enum FastlyRoutes {
    static func add(to table: inout RouteTable, control: any ProxyControl) {
        let desk = PurgeDesk(control: control)
        // Fastly's own client does not encode a slash in a key.
        table.on(.post, "/service/{id}/purge/**", purges: true) { request, context in
            let parts = request.uri.path.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: true)
            let key = PercentDecoding.bytes(parts.count > 3 ? parts[3] : "")
            return await answer(desk, request, context) { (wish) throws(PurgeMistake) in
                wish.targets = [try PurgeTarget(tag: key, field: "key")]
            }
        }
        table.on(.post, "/service/{id}/purge", purges: true) { request, context in
            guard let body = try await PurgeDesk.body(request) else {
                return desk.tooLong(request, context, interface: "fastly").response
            }
            let answer = await desk.purge(request, context, interface: "fastly") { () throws(PurgeMistake) in
                var wish = try options(request)
                for key in try keys(request, body) {
                    wish.targets.append(try PurgeTarget(tag: key, field: "surrogate_keys"))
                }
                return wish
            }
            return response(answer) { position in
                let purged = answer.order?.wish.targets.compactMap { target -> (String, JSONValue)? in
                    guard case .tag(let tag) = target else { return nil }
                    return (String(decoding: tag, as: UTF8.self), .string(position))
                }
                return .object(Dictionary(purged ?? [], uniquingKeysWith: { $1 }))
            }
        }
        table.on(.post, "/service/{id}/purge_all", purges: true) { request, context in
            await answer(desk, request, context) { $0.targets = [.all] }
        }
        table.on(.post, "/purge/**", purges: true) { request, context in
            let target = request.uri.string.dropFirst("/purge/".utf8.count)
            // Some clients send the URL as it is, some as one encoded segment.
            let text = target.contains("/") ? Array(target.utf8) : PercentDecoding.bytes(target)
            return await answer(desk, request, context) { (wish) throws(PurgeMistake) in
                wish.targets = [try PurgeTarget.urlOrPrefix(text, field: "url")]
            }
        }
        table.onPurge { request, context in
            await answer(desk, request, context, interface: "PURGE") { (wish) throws(PurgeMistake) in
                wish = try PurgeWish(purging: url(request), fields: request.fieldPairs)
            }
        }
    }

    // MARK: What is asked

    /// The URL of a `PURGE`: its target on its Host, since a target in absolute form comes here without its authority.
    private static func url(_ request: Request) -> [UInt8] {
        [UInt8](((request.head.authority ?? "") + request.uri.string).utf8)
    }

    private static func options(_ request: Request) throws(PurgeMistake) -> PurgeWish {
        try PurgeWish(optionsOf: request.fieldPairs)
    }

    /// Of the body and of `Surrogate-Key`; both count.
    private static func keys(_ request: Request, _ body: [UInt8]) throws(PurgeMistake) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        for value in request.values("surrogate-key") {
            keys += value.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { Array($0) }
        }
        if !body.isEmpty {
            struct Body: Decodable { var surrogate_keys: [String]? }
            guard let read = try? JSONDecoder().decode(Body.self, from: Data(body)) else {
                throw PurgeMistake("surrogate_keys", "write {\"surrogate_keys\": [\"one\", \"two\"]}")
            }
            keys += (read.surrogate_keys ?? []).map { Array($0.utf8) }
        }
        guard !keys.isEmpty else {
            throw PurgeMistake("surrogate_keys", "no key is named, neither in the body nor in Surrogate-Key")
        }
        return keys
    }

    // MARK: What is answered

    private static func answer(
        _ desk: PurgeDesk, _ request: Request, _ context: AdminContext, interface: String = "fastly",
        _ fill: (inout PurgeWish) throws(PurgeMistake) -> Void
    ) async -> Response {
        let answer = await desk.purge(request, context, interface: interface) { () throws(PurgeMistake) in
            var wish = try options(request)
            try fill(&wish)
            return wish
        }
        if interface == "PURGE" { return answer.isPurged ? answer.response : refusal(answer) }
        return response(answer) { ["status": "ok", "id": .string($0)] }
    }

    private static func response(_ answer: PurgeAnswer, _ body: (_ position: String) -> JSONValue) -> Response {
        guard answer.isPurged else { return refusal(answer) }
        return Response(body(answer.positionText ?? "pending"), status: HTTPResponse.Status(purge: answer.status))
    }

    /// Fastly's clients show `msg`.
    private static func refusal(_ answer: PurgeAnswer) -> Response {
        answer.problem(["msg": .string(answer.error)]).response
    }
}

extension Request {
    fileprivate var fieldPairs: [(String, String)] { headers.map { ($0.name.rawName, $0.value) } }
}
