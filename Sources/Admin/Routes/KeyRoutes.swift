internal import CacheModel
internal import Engine
internal import Hummingbird
internal import Invalidation

/// `GET /cache/keys`: what a tier holds, a page a call.
enum KeyRoutes {
    static func add(to table: inout RouteTable, control: any ProxyControl) {
        table.on(.get, "/cache/keys") { request, _ in
            do throws(PurgeMistake) {
                let query = try query(request)
                return Response(value(try await control.keys(query), query))
            } catch {
                throw PurgeAnswer(status: 400, error: error.sentence, field: error.field).problem()
            }
        }
    }

    private static func query(_ request: Request) throws(PurgeMistake) -> KeyQuery {
        var query = KeyQuery()
        for (name, value) in request.uri.queryParameters {
            switch name {
            case "pattern": query.pattern = Array(value.utf8)
            case "tier":
                guard let tier = TierName(rawValue: String(value)) else {
                    throw PurgeMistake("tier", "write memory, redis or disk")
                }
                query.tier = tier
            case "partition": query.partition = Array(value.utf8)
            case "limit":
                guard let limit = Int(value), (1...KeyQuery.maxLimit).contains(limit) else {
                    throw PurgeMistake("limit", "write a number from 1 to \(KeyQuery.maxLimit)")
                }
                query.limit = limit
            case "cursor":
                guard value.allSatisfy(\.isHexDigit), let cursor = UInt64(value, radix: 16) else {
                    throw PurgeMistake("cursor", "give back the one of the page before")
                }
                query.cursor = cursor
            default:
                throw PurgeMistake(
                    String(name), "there is no such parameter; known: pattern, tier, partition, limit, cursor")
            }
        }
        return query
    }

    private static func value(_ page: KeyPage, _ query: KeyQuery) -> JSONValue {
        [
            "tier": .string(query.tier.rawValue), "keys": .array(page.entries.map(value)),
            "cursor": page.cursor.map { .string(String($0, radix: 16)) } ?? .null,
        ]
    }

    private static func value(_ entry: KeyEntry) -> JSONValue {
        func text(_ bytes: [UInt8]) -> JSONValue { .string(String(decoding: bytes, as: UTF8.self)) }
        let state =
            switch entry.verdict {
            case .valid: entry.ttl > 0 ? "fresh" : "stale"
            case .stale: "purged_soft"
            case .gone: "purged"
            case .unknown: "unknown"
            }
        var members: [String: JSONValue] = [
            "url": text(entry.url), "method": text(entry.method), "tier": .string(entry.tier.rawValue),
            "status": .integer(entry.status), "age": .integer(Int(clamping: entry.age)),
            "ttl": .integer(Int(clamping: entry.ttl)), "size": .integer(entry.size),
            "tags": .array(entry.tags.map(text)), "tags_cut": .bool(entry.tagsCut),
            "variant": entry.variant.map(text) ?? .null, "state": .string(state),
            "position": .string(entry.asOf.text),
        ]
        if let partition = entry.partition { members["partition"] = .string(partition) }
        return .object(members)
    }
}
