import Engine
import Settings
import Testing

@Suite("The shipped proxy.conf")
struct SampleTests {
    @Test("is right without any environment, and stands before the fixture origin")
    func isRight() throws {
        let configuration = try Configuration.load(
            yaml: Repository.text("proxy.conf"), file: "proxy.conf", environment: [:])
        #expect(configuration.listen.map(\.description) == ["127.0.0.1:8080"])
        #expect(configuration.origins.map(\.server.url) == ["http://127.0.0.1:3000"])
        #expect(configuration.admin?.token == nil)
        #expect(configuration.purge.tokens == [])
        #expect(configuration.tiers.redis?.prefix == "strata:")
        #expect(Array("127.0.0.1:8080".utf8).withUnsafeBytes { configuration.siteTable.index(ofHost: $0) } == 1)
    }
}
