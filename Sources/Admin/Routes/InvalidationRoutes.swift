internal import Engine
internal import Hummingbird
internal import Invalidation

/// `POST /cache/invalidate` and `DELETE /cache/keys/{pattern}`.
enum InvalidationRoutes {
    static func add(to table: inout RouteTable, control: any ProxyControl) {
        let desk = PurgeDesk(control: control)
        table.on(.post, "/cache/invalidate", purges: true) { request, context in
            guard let body = try await PurgeDesk.body(request) else { return desk.tooLong(request, context).response }
            return await desk.purge(request, context) { () throws(PurgeMistake) in
                try PurgeDesk.refuseFields(of: request, saidIn: "body")
                return try InvalidationBody(body).wish
            }.response
        }
        table.on(.delete, "/cache/keys/**", purges: true) { request, context in
            await desk.purge(request, context) { () throws(PurgeMistake) in try wish(deleting: request) }.response
        }
    }

    /// What follows `/cache/keys/`: a glob, or without `*` one URL. `soft`, `refresh`, `wait`, `again` and `partition` may
    /// stand in the query.
    private static func wish(deleting request: Request) throws(PurgeMistake) -> PurgeWish {
        try PurgeDesk.refuseFields(of: request, saidIn: "query")
        let pattern = Self.pattern(request.uri.path.dropFirst("/cache/keys/".utf8.count))
        var wish = PurgeWish()
        // A question mark, which has to come encoded, begins a query more often than it stands for a byte.
        let isGlob = pattern.first == 0x2f || pattern.contains(UInt8(ascii: "*"))
        wish.targets = [
            isGlob
                ? try PurgeTarget(glob: pattern, field: "pattern") : try PurgeTarget(url: pattern, field: "pattern")
        ]
        for (name, value) in request.uri.queryParameters {
            switch name {
            case "soft": if try flag(name, value) { wish.mode = .soft }
            case "refresh": wish.refresh = try flag(name, value)
            case "wait": wish.waitMilliseconds = try PurgeWish.wait(Array(value.utf8), field: "wait")
            case "again": wish.againMilliseconds = try PurgeWish.again(Array(value.utf8), field: "again")
            case "partition": try wish.add(partition: Array(value.utf8), field: "partition")
            default:
                throw PurgeMistake(
                    String(name), "there is no such parameter; known: soft, refresh, wait, again, partition")
            }
        }
        if wish.refresh { wish.mode = .soft }
        return wish
    }

    /// A pattern with a slash in it is written as a URL is, so what is percent-encoded there stays so; only `*` and `?`,
    /// which clients encode, are what they stand for. One without is encoded as a whole.
    private static func pattern(_ text: Substring) -> [UInt8] {
        guard text.contains("/") else { return PercentDecoding.bytes(text) }
        return PercentDecoding.bytes(text, only: [UInt8(ascii: "*"), UInt8(ascii: "?")])
    }

    private static func flag(_ name: Substring, _ value: Substring) throws(PurgeMistake) -> Bool {
        switch value {
        case "", "1", "true": return true
        case "0", "false": return false
        default: throw PurgeMistake(String(name), "write true or false")
        }
    }
}
