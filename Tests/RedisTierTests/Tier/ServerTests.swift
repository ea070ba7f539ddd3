import CacheModel
import NIOCore
import RedisLocation
import RedisTier
import TestSupport
import Testing

/// Kinds of servers, and what they refuse.
@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    @Test("a unix socket serves like TCP")
    func unixSocket() async throws {
        let server = try RedisServer.start(.unixSocket)
        try await Fixture.connected(try Fixture.configuration(server)) { fixture in
            #expect(await fixture.write(response(key("/u"), body: body(300_000)), key("/u")) == .stored)
            #expect(await fixture.read(key("/u")).body == body(300_000))
            #expect(fixture.logs.all == ["info redis is up node=unix:\(server.socketPath!)"])
        }
    }

    @Test("a password, a user with a password, and a database are used", arguments: ["", "app"])
    func authentication(user: String) async throws {
        let server = try RedisServer.start(
            arguments: user.isEmpty
                ? ["--requirepass", "s3:cret"]
                : "--user app on >s3:cret ~strata:* +@all -ping".split(separator: " ").map(String.init))
        let url = "redis://\(user):s3%3Acret@127.0.0.1:\(server.port)/3"
        var configuration = try RedisTierConfiguration(url: url)
        configuration.timeoutMilliseconds = 5000
        try await Fixture.connected(configuration) { fixture in
            #expect(await fixture.write(response(key("/a"), body: [1]), key("/a")) == .stored)
            #expect(await fixture.read(key("/a")).body == [1])
            let login = user.isEmpty ? [["AUTH", "s3:cret"]] : []
            func exists(in database: String) throws -> RedisReply {
                let commands = login + [["SELECT", database], ["EXISTS", fixture.name(key("/a"))]]
                return try server.commands(commands.map { $0.map { Array($0.utf8) } }).last!
            }
            let found = [try exists(in: "3"), try exists(in: "0")]
            #expect(found == [.integer(1), .integer(0)])
        }
    }

    @Test("the ACL of docs/tiers.md is enough")
    func leastRights() async throws {
        let rights = "app on >pw ~strata:* &* +@read +@write +@scripting +@connection +time"
        let server = try RedisServer.start(arguments: ["--user"] + rights.split(separator: " ").map(String.init))
        var configuration = try RedisTierConfiguration(url: "redis://app:pw@127.0.0.1:\(server.port)/1")
        configuration.timeoutMilliseconds = 5000
        configuration.leaseMilliseconds = 60_000
        try await Fixture.connected(configuration) { fixture in
            let key = key("/a")
            guard case .granted(let lease) = await fixture.lease(key) else {
                Issue.record("no lease")
                return
            }
            #expect(await fixture.write(response(key, body: [1]), key) == .stored)
            fixture.tier.release(lease, on: TestLoop.shared[0])
            #expect(await fixture.read(key).body == [1])
            #expect(await fixture.remove(key, entryID: 99) == true)
            #expect(fixture.tier.statistics().failures.isEmpty)
        }
    }

    @Test("a wrong password is down, with the reason in the log, said once, and without the password")
    func wrongPassword() async throws {
        let server = try RedisServer.start(arguments: ["--requirepass", "right"])
        var configuration = try Fixture.configuration(server)
        configuration.login = RedisURL.Login(password: "wr0ng")
        try await Fixture.running(configuration) { fixture in
            try await eventually("the log says why") { fixture.logs.all.count > 0 }
            #expect(await fixture.read(key("/a")).failure == .disconnected)
            #expect(fixture.tier.statistics().state == .down)
            let line = fixture.logs.all[0]
            #expect(line.hasPrefix("warning redis is down node=127.0.0.1:\(server.port) reason=WRONGPASS"))
            // The password is made right: the next attempt gets in.
            let change = [["AUTH", "right"], ["CONFIG", "SET", "requirepass", "wr0ng"]]
            try server.commands(change.map { $0.map { Array($0.utf8) } })
            try await eventually("it is up") { fixture.tier.statistics().state == .up }
            #expect(fixture.logs.all.count { $0.contains("WRONGPASS") } == 1)
            try await eventually("and says so") { fixture.logs.all.last?.hasPrefix("info redis is up") == true }
            #expect(!fixture.logs.all.joined().contains("wr0ng"))
        }
    }

    @Test("a database that the server does not have is down, with the reason")
    func wrongDatabase() async throws {
        let server = try RedisServer.start()
        var configuration = try Fixture.configuration(server)
        configuration.database = 99
        try await Fixture.running(configuration) { fixture in
            try await eventually("the log says why") { fixture.logs.all.first?.contains("out of range") == true }
            #expect(fixture.tier.statistics().state == .down)
        }
    }

    @Test("the scripts' names are what the server computes")
    func scriptNames() async throws {
        let server = try RedisServer.start()
        for script in Script.all {
            #expect(
                try server.command("SCRIPT", "LOAD", String(buffer: script.source)).text == String(buffer: script.sha))
        }
        #expect(RecordHead.positionRange == 32..<48 && RecordHead.entryIDRange == 48..<56)
    }

    @Test("scripts that the server forgot are sent again")
    func forgottenScripts() async throws {
        let server = try RedisServer.start()
        try await Fixture.connected(try Fixture.configuration(server)) { fixture in
            for _ in 0..<2 {
                try server.command("SCRIPT", "FLUSH")
                #expect(await fixture.write(response(key("/s"), body: [1], n: 5), key("/s")) == .stored)
                #expect(await fixture.write(response(key("/s"), body: [2], n: 4), key("/s")) == .superseded)
                #expect(await fixture.remove(key("/s"), entryID: 1) == false)
                #expect(await fixture.remove(key("/s"), entryID: 99) == true)
            }
            #expect(fixture.tier.statistics().failures.isEmpty)
        }
    }

    @Test("a full server drops writes under their own counter; reads go on and the breaker stays closed")
    func outOfMemory() async throws {
        let server = try RedisServer.start(arguments: ["--maxmemory", "6mb", "--maxmemory-policy", "noeviction"])
        try await Fixture.connected(try Fixture.configuration(server)) { fixture in
            #expect(await fixture.write(response(key("/0"), body: [1]), key("/0")) == .stored)
            var results: [TierWrite] = []
            for i in 1...30 {
                results.append(await fixture.write(response(key("/\(i)"), body: body(500_000)), key("/\(i)")))
            }
            let dropped = results.count { $0 == .dropped(.full) }
            #expect(dropped > 10 && results.allSatisfy { $0 == .stored || $0 == .dropped(.full) })
            #expect(fixture.tier.statistics().failures == [.full: UInt64(dropped)])
            #expect(await fixture.read(key("/0")).body == [1])
            #expect(fixture.tier.statistics().state == .up)
            #expect(await fixture.remove(key("/0"), entryID: 99) == true)
        }
    }

    @Test("a read-only replica refuses writes; reads go on and the breaker stays closed")
    func readOnly() async throws {
        let server = try RedisServer.start()
        try await Fixture.connected(try Fixture.configuration(server)) { fixture in
            #expect(await fixture.write(response(key("/r"), body: [1]), key("/r")) == .stored)
            try server.command("REPLICAOF", "127.0.0.1", "1")
            for _ in 0..<10 {
                #expect(await fixture.write(response(key("/r"), body: [2]), key("/r")) == .dropped(.refused))
            }
            #expect(await fixture.remove(key("/r"), entryID: nil) == nil)
            #expect(await fixture.read(key("/r")).body == [1])
            #expect(fixture.tier.statistics().state == .up)
            #expect(fixture.tier.statistics().failures == [.refused: 11])
        }
    }
}
