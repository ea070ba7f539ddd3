internal import CacheModel
internal import Engine
internal import HTTPTypes
internal import Hummingbird

/// `GET /health`: the process answers. `GET /ready`: whether requests should be sent here; a tier that is down does not
/// change that (design.md section 6).
struct HealthRoutes: Sendable {
    let control: any ProxyControl

    func add(to router: Router<BasicRequestContext>) {
        router.get("/health") { _, _ in JSON.object([("status", .string("ok"))]).response() }
        router.get("/ready") { _, _ in ready() }
    }

    private func ready() -> Response {
        let readiness = control.readiness
        let tiers = control.statistics().tiers.map { ($0.name.rawValue, JSON.string($0.statistics.state.rawValue)) }
        let body = JSON.object([("status", .string(readiness.rawValue)), ("tiers", .object(tiers))])
        return body.response(status: readiness == .ready ? .ok : .serviceUnavailable)
    }
}
