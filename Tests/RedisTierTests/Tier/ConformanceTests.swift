import RedisTier
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test("the Redis tier keeps the promises of every tier", arguments: TierConformance.allCases)
    func conforms(check: TierConformance) async throws {
        let (_, shared) = try Fixture.shared()
        var configuration = shared
        configuration.maxObject = 1 << 20
        let fixture = try Fixture(configuration)
        try await eventually("the tier is up") { fixture.isReady }
        try await check.run(on: fixture.tier)
    }
}
