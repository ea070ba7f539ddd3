import Settings
import Testing

@Suite("Secrets and the environment")
struct SecretsTests {
    @Test("variables are expanded in values, after the YAML is read")
    func expansion() throws {
        let environment = ["PORT": "81", "TOKEN": "a: b, [c]", "EMPTY": "", "DIR": "${PORT}"]
        let configuration = try Samples.load(
            """
            listen: "127.0.0.1:${PORT}"
            state: "/srv/${DIR}/$${PORT}/$5/${NONE:-x y}/${EMPTY}/${EMPTY:-z}"
            tiers: { redis: { url: "redis://h", prefix: "${NONE:-}" } }

            """ + Samples.least, environment)
        #expect(configuration.listen == [.tcp(host: "127.0.0.1", port: 81)])
        #expect(configuration.state == "/srv/${PORT}/${PORT}/$5/x y//z")
        #expect(configuration.tiers.redis?.prefix == "")
    }

    @Test(
        "what can't be expanded is a mistake",
        arguments: [
            ("${NONE}", "the environment variable NONE is not set; \"${NONE:-}\" allows that"),
            ("a${", "\"${\" without a variable: write ${NAME} or ${NAME:-default}, and $${ for a plain \"${\""),
            ("${1A}", "\"${\" without a variable: write ${NAME} or ${NAME:-default}, and $${ for a plain \"${\""),
            ("${}", "\"${\" without a variable: write ${NAME} or ${NAME:-default}, and $${ for a plain \"${\""),
            ("${A-b}", "\"${\" without a variable: write ${NAME} or ${NAME:-default}, and $${ for a plain \"${\""),
        ])
    func malformed(_ text: String, _ message: String) {
        #expect(Samples.mistakes("state: \"\(text)\"\n" + Samples.least) == ["proxy.conf:1:8: state: \(message)"])
    }

    @Test(
        "no message holds a secret or the content of a variable",
        arguments: [
            "purge: { tokens: [\"hunter2 x\"] }\n", "purge: { tokens: [\"${SECRET}\"] }\n",
            "admin: { token: \"hunter2 x\" }\n",
            "tiers: { redis: { url: \"redis://:hunter2@h/x\" } }\n", "tiers: { redis: \"redis://:hunter2@h/0\" }\n",
            "tiers: { redis: { url: \"redis://hunter2@h\" } }\n", "threads: \"${SECRET}\"\n", "listen: \"${SECRET}\"\n",
            "trusted_proxies: [\"${NETWORK}\"]\n", "listen: \"${PORT}\"\n", "log: { level: \"${SECRET}\" }\n",
            "origins: { a: { servers: \"http://u:hunter2@h\" } }\n", "origins: { a: { servers: \"${URL}\" } }\n",
            "tiers: { memory: { size: \"${SECRET}\" } }\n", "threads: \"http://u:hunter2@h\"\n",
        ])
    func concealed(_ yaml: String) {
        let environment = [
            "SECRET": "hunter2 x", "NETWORK": "10.22.33.44/8", "PORT": "2233", "URL": "http://u:hunter2@h",
        ]
        let mistakes = Samples.mistakes(yaml + Samples.least, environment)
        #expect(mistakes.count == 1)
        #expect(!mistakes.joined().contains("hunter2"))
        #expect(!mistakes.joined().contains("22.33"))
        #expect(!mistakes.joined().contains("10.0.0.0"))
        #expect(!mistakes.joined().contains("2233"))
    }

    @Test("an unset token in the design's sample is the one mistake in it")
    func unsetToken() {
        #expect(
            Samples.mistakes(Samples.design) == [
                "proxy.conf:14:12: purge.tokens[0]: the environment variable STRATA_PURGE_TOKEN is not set; "
                    + "\"${STRATA_PURGE_TOKEN:-}\" allows that"
            ])
    }
}
