import TestSupport
import Testing

extension PurgeStories {
    @Suite("The log can't be written")
    struct NothingWritten {
        /// Bytes that a file of the process may have from now on; nil: as many as it likes. Stands for a full disk.
        private func limit(_ setting: Setting, to bytes: Int?) async throws {
            let most = bytes.map(String.init) ?? "unlimited"
            let set = try await run("/usr/bin/prlimit", ["--pid", "\(setting.proxy.pid)", "--fsize=\(most):unlimited"])
            if !set.succeeded { throw TestFailure(set.errors) }
        }

        @Test("a purge is 503 and purges nothing; with room again the same one is 200, also after kill -9")
        func purge() async throws {
            let setting = try await Setting.start([.memory, .disk])
            let target = "/page/full?max-age=600"
            _ = try await setting.get(target)
            try await limit(setting, to: 1)
            let refused = try await setting.request("PURGE", target)
            #expect(refused.status == 503)
            #expect(
                refused.text.contains(#""purged":false"#) && refused.text.contains("File too large"), "\(refused.text)")
            #expect(try await setting.get(target).hitTier == "memory")
            let command = try await run("strata", ["purge", "--all", "--admin", setting.proxy.adminURL("")])
            #expect(command.exit == .exit(1))
            #expect(command.errors.contains("503"), "\(command.errors)")

            try await limit(setting, to: nil)
            #expect(try await setting.request("PURGE", target).status == 200)
            try await setting.proxy.restart(hard: true)
            #expect(try await setting.get(target).isStoredMiss)
        }

        @Test("what an unsafe method changed goes here all the same, and what is being fetched is not stored")
        func unsafeMethod() async throws {
            let setting = try await Setting.start()
            let kept = "/page/kept?max-age=600"
            let slow = "/page/slow?max-age=600&size=100KB&pause=2s&pause-at=1000"
            _ = try await setting.get(kept)
            let reader = try RawClient(setting.proxy.address)
            try await reader.send("GET \(slow) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually { try await setting.originCount(slow) == 1 })
            try await limit(setting, to: 1)
            #expect(try await setting.request("POST", kept, body: "a=1").status == 200)
            #expect(try await setting.get(kept).isStoredMiss)
            // Its head comes, and with it the end of what is on its way, before its body does.
            #expect(try await setting.request("POST", slow, body: "a=1").status == 200)
            #expect(try await reader.response().body.count == 100 << 10)
            #expect(try await setting.get(slow).hitTier == nil)
        }
    }
}
