import Settings
import Testing

@Suite("Sizes and durations")
struct UnitsTests {
    @Test(
        "sizes",
        arguments: [
            ("0", 0), ("0B", 0), ("1B", 1), ("512", 512), ("1KB", 1_024), ("3MB", 3_145_728), ("256MB", 268_435_456),
            ("1GB", 1_073_741_824),
            ("1TB", 1_099_511_627_776), ("1024TB", 1_125_899_906_842_624),
        ])
    func sizes(_ text: String, _ bytes: Int) throws {
        let configuration = try Samples.load("limits: { request_body: \(text) }\n" + Samples.least)
        #expect(configuration.limits.requestBody == bytes)
    }

    @Test(
        "durations",
        arguments: [
            ("0s", 0), ("0ms", 0), ("5000ms", 5_000), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000),
            ("7d", 604_800_000), ("365d", 31_536_000_000),
        ])
    func durations(_ text: String, _ milliseconds: Int64) throws {
        let site = "sites: [{ hosts: a, origin: http://h, cache: { default_ttl: \(text) } }]"
        #expect(try Samples.load(site).sites[0].cache.defaultTTL == milliseconds)
    }

    @Test(
        "what is no duration",
        arguments: [
            "0", "5", "50ms", "1500ms", "5M", "5 m", "5min", "m", "", "-5m", "+5m", "05m", "5.5m", "٣m", "366d",
            "9223372036854775807d",
            "5m\u{301}",
        ])
    func noDurations(_ text: String) {
        #expect(
            Samples.mistakes("sites: [{ hosts: a, origin: http://h, cache: { default_ttl: \"\(text)\" } }]").count == 1)
    }

    @Test(
        "what is no size",
        arguments: [
            "1K", "1kb", "1KiB", "1 KB", "-1KB", "KB", "1.5KB", "01KB", "1025TB", "1_000", "0x10",
            "9223372036854775807TB", "99999999999999999999",
        ])
    func noSizes(_ text: String) {
        #expect(Samples.mistakes("limits: { request_body: \"\(text)\" }\n" + Samples.least).count == 1)
    }

    @Test(
        "the folder of state is beside that of the disk tier",
        arguments: [
            ("var/cache", "var/state"), ("/cache", "/state"), ("cache", "state"), ("/srv/a/./cache/", "/srv/a/state"),
            ("../cache", "../state"),
            ("state", "state.d"), ("/var/state", "/var/state.d"),
        ])
    func state(_ path: String, _ state: String) throws {
        #expect(try Samples.load("tiers: { disk: { path: \"\(path)\" } }\n" + Samples.least).state == state)
    }
}
