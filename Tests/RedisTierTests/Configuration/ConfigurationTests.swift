import RedisLocation
import RedisTier
import Testing

@Suite struct ConfigurationTests {
    @Test(
        "values out of bounds are refused",
        arguments: [
            RedisTierConfiguration(prefix: "with space:"), RedisTierConfiguration(prefix: "br{ace}:"),
            RedisTierConfiguration(prefix: "ü:"),
            RedisTierConfiguration(prefix: String(repeating: "p", count: 129)),
            RedisTierConfiguration(timeoutMilliseconds: 0), RedisTierConfiguration(maxObject: 257 << 20),
            RedisTierConfiguration(maxTTLMilliseconds: 0), RedisTierConfiguration(database: -1),
            RedisTierConfiguration(deployment: .cluster([.host("a", port: 1)]), database: 1),
            RedisTierConfiguration(connectTimeoutMilliseconds: 0), RedisTierConfiguration(maxQueuedOperations: 0),
            RedisTierConfiguration(maxQueuedBytes: 0), RedisTierConfiguration(breakerThreshold: 0),
        ])
    func bounds(_ configuration: RedisTierConfiguration) throws {
        #expect(throws: RedisConfigurationError.self) { try configuration.validated() }
        #expect(try RedisTierConfiguration().validated() == RedisTierConfiguration())
    }
}
