import Settings
import Testing

@Suite("All mistakes at once")
struct AllAtOnceTests {
    @Test("a file with five mistakes gets five messages, in its order")
    func five() {
        let yaml = """
            listen: ["127.0.0.1:8080"]
            tiers:
              memory: { sise: 256MB, policy: s3-fifo }
              disk: { path: "var/cache", size: 10XB }
            shutdown_timeout: ten
            sites:
              - hosts: ["example.com"]
                origin: ap
                cache: { stale_if_eror: 1h }
            origins:
              app: { servers: ["http://127.0.0.1:3000"] }
            """
        #expect(
            Samples.mistakes(yaml) == [
                "proxy.conf:3:13: tiers.memory.sise: unknown key; did you mean \"size\"?",
                "proxy.conf:4:36: tiers.disk.size: \"10XB\" is not a size; "
                    + "write a whole number with B, KB, MB, GB or TB, as 256MB",
                "proxy.conf:5:19: shutdown_timeout: \"ten\" is not a duration; "
                    + "write a whole number with ms, s, m, h or d, as 30s",
                "proxy.conf:8:13: sites[0].origin: no origin is named \"ap\"; did you mean \"app\"?",
                "proxy.conf:9:14: sites[0].cache.stale_if_eror: unknown key; did you mean \"stale_if_error\"?",
            ])
    }

    @Test("mistakes of the command line come first")
    func commandLine() {
        let overrides = Overrides(listen: ["x"], adminListen: "0.0.0.0:1")
        let mistakes = Samples.mistakes("threads: 0\n" + Samples.least, overrides: overrides)
        #expect(mistakes.map { String($0.prefix(12)) } == ["--listen: \"x", "--admin: \"0.", "proxy.conf:1"])
    }

    @Test("a mistake in an anchor is told once, however often it is used")
    func anchors() {
        let yaml = """
            sites:
              - { hosts: a, origin: http://h, cache: &c { stale_if_error: 1 } }
              - { hosts: b, origin: http://h, cache: *c }
            """
        #expect(Samples.mistakes(yaml).count == 1)
    }

    @Test("the error prints one line a mistake")
    func description() {
        let error = #expect(throws: ConfigurationError.self) {
            try Samples.load("threads: 0\nstate: \"\"\n" + Samples.least)
        }
        #expect(
            error?.description == """
                proxy.conf:1:10: threads: "0" is below the minimum of 1
                proxy.conf:2:8: state: "" is empty; write a path, as "var/cache"
                """)
        #expect(
            error?.mistakes.first
                == Mistake(line: 1, column: 10, path: "threads", message: "\"0\" is below the minimum of 1"))
    }
}
