internal import CacheModel
internal import Engine
internal import Hummingbird
internal import Invalidation

/// `GET /health`: the process serves. `GET /ready`: it should be sent requests; a tier that is down does not change that.
enum HealthRoutes {
    static func add(to table: inout RouteTable, control: any ProxyControl) {
        table.on(.get, "/health") { _, _ in Response(["status": "ok"]) }
        table.on(.get, "/ready") { _, _ in
            let readiness = control.readiness
            var tiers: [String: JSONValue] = [:]
            let statistics = control.statistics()
            for tier in statistics.tiers {
                tiers[tier.name.rawValue] = .string(tier.statistics.state.rawValue)
            }
            var warnings = statistics.log?.warnings.map { JSONValue.string($0) } ?? []
            if statistics.log?.isBlind == true {
                warnings.append("cut off from the invalidation log for longer than purge.max_blind: all is validated")
            }
            return Response(
                ["status": .string(readiness.rawValue), "tiers": .object(tiers), "warnings": .array(warnings)],
                status: readiness == .ready ? .ok : .serviceUnavailable)
        }
    }
}
