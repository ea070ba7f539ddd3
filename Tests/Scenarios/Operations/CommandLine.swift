import TestSupport
import Testing

extension OperationStories {
    @Suite("The command line")
    struct CommandLine {
        @Test("check prints all five mistakes of a file, each with line and column, and ends with 1")
        func check() async throws {
            let folder = try TemporaryFolder()
            try folder.write(
                """
                listen: ["127.0.0.1:8080"]
                thread: 4
                tiers:
                  memory: { size: 256XB }
                  disk: { path: "cache", size: 1GB, syncs: 1s }
                sites:
                  - hosts: ["example.com"]
                    origin: nowhere
                    rules:
                      - { match: { path: "/x" }, ttl: soon }

                """, to: "proxy.conf")
            let result = try await run("strata", ["check", "--config", folder.path("proxy.conf")])
            #expect(result.exit == .exit(1))
            let lines = result.errors.split(separator: "\n").filter { $0.contains("proxy.conf:") }
            #expect(lines.count == 5, "\(result.errors)")
            for place in [":2:1:", ":4:19:", ":5:", ":8:", ":10:"] {
                #expect(lines.contains { $0.contains("proxy.conf\(place)") }, "\(place) in \(result.errors)")
            }
            #expect(result.errors.contains("threads"), "the nearest key is named")
            #expect(result.errors.contains("sync"))
            let started = try await run("strata", ["run", "--config", folder.path("proxy.conf")])
            #expect(started.exit == .exit(1))
        }

        @Test("check is content with the sample, and with what run would take")
        func sample() async throws {
            let result = try await run("strata", ["check", "--config", Repository.path("proxy.conf")])
            #expect(result.succeeded, "\(result.errors)")
            #expect(result.output.contains("no mistakes"))
            let none = try await run("strata", ["check", "--config", "/nowhere/proxy.conf"])
            #expect(none.exit == .exit(1))
            #expect(none.errors.contains("/nowhere/proxy.conf"))
        }

        @Test("version and --help say what they should; a wrong word is a usage error")
        func words() async throws {
            let version = try await run("strata", ["version"])
            #expect(version.succeeded)
            #expect(version.output.contains(#/\d+\.\d+\.\d+/#), "\(version.output)")
            #expect(try await run("strata", ["--version"]).output.contains(#/\d+\.\d+\.\d+/#))
            let help = try await run("strata", ["--help"])
            #expect(help.succeeded)
            for command in ["run", "check", "purge", "version"] { #expect(help.output.contains(command)) }
            #expect(try await run("strata", ["fly"]).exit == .exit(64))
            #expect(try await run("strata", ["run", "--nothing"]).exit == .exit(64))
        }

        @Test("run needs no file: --listen and --origin are enough")
        func noFile() async throws {
            let origin = try await Origin.start()
            let process = try await ProcessHandle.start(
                "strata", ["run", "--listen", "127.0.0.1:0", "--origin", origin.url(""), "--admin", "127.0.0.1:0"])
            let line = try await process.line(startingWith: "listening on ")
            let address = try #require(Address(line.dropFirst("listening on ".count)))
            #expect(try await RawClient.get("/page/x?max-age=60", from: address).isStoredMiss)
            #expect(try await RawClient.get("/page/x?max-age=60", from: address).hitTier == "memory")
            #expect(try await process.stop() == .exit(0))
        }

        @Test("Where it can't listen it says so and ends")
        func portTaken() async throws {
            let origin = try await Origin.start()
            let result = try await run(
                "strata",
                ["run", "--listen", "\(origin.address)", "--origin", origin.url(""), "--admin", "127.0.0.1:0"])
            #expect(result.exit == .exit(1))
            #expect(result.errors.contains("\(origin.address.port)"), "\(result.errors)")
        }
    }
}
