import DiskTier
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test("the disk tier keeps the promises of every tier", arguments: TierConformance.allCases)
    func conforms(check: TierConformance) async throws {
        let folder = TemporaryFolder()
        try await check.run(on: open(folder, size: 16 << 20) { $0.maxObject = 2 << 20 })
    }
}
