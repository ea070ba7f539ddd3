import Foundation
import Settings
import Testing

@Suite("The reference")
struct ConfigurationReferenceTests {
    /// With STRATA_UPDATE_REFERENCE set the file is written instead.
    @Test("docs/configuration.md is what the schema says")
    func isUpToDate() throws {
        let markdown = ConfigurationReference.markdown()
        if ProcessInfo.processInfo.environment["STRATA_UPDATE_REFERENCE"] != nil {
            try markdown.write(to: Repository.url("docs/configuration.md"), atomically: true, encoding: .utf8)
        }
        let isSame = try Repository.text("docs/configuration.md") == markdown
        #expect(isSame, "run: STRATA_UPDATE_REFERENCE=1 swift test --filter ConfigurationReferenceTests")
    }

    @Test(
        "every key is in it, with its default",
        arguments: [
            ("## `listen`", "Default: `127.0.0.1:8080`."), ("#### `tiers.redis.url`", "Required."),
            ("#### `tiers.memory.size`", "*A size, 1MB to 16TB.* Default: `256MB`."),
            ("#### `sites[].cache.tags`", "Default: `Surrogate-Key`, `Cache-Tag`, `xkey`, `X-Cache-Tags`."),
            ("#### `log.access.format`", "*`combined` or `json` or `off`.* Default: `combined`."),
            ("### `limits.request_body`", "*`unlimited` or a size, 0B to 1024TB.* Default: `unlimited`."),
        ])
    func holds(_ heading: String, _ summary: String) throws {
        let lines = ConfigurationReference.markdown().split(separator: "\n")
        let index = try #require(lines.firstIndex { $0 == heading })
        #expect(lines[index + 1].hasSuffix(summary))
    }
}
