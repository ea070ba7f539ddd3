import HTTPMessage
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test("the memory tier keeps the promises of every tier", arguments: TierConformance.allCases)
    func conforms(check: TierConformance) async throws {
        try await check.run(on: MemoryAsTier { Timestamp(seconds: 1_795_280_400) })
    }
}
