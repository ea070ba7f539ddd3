import CacheModel
import NIOCore
import NIOPosix
import RedisLocation
import RedisTier
import TestSupport
import Testing

/// Redis is untrusted input (design.md section 6, attacks.md 25).
@Suite(.timeLimit(.minutes(1))) struct CorruptionTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reason: RecordError
        var change: @Sendable ([UInt8]) -> [UInt8]

        var size: Int

        /// - Parameter size: of the body.
        init(
            _ name: String, _ reason: RecordError, of size: Int = 500,
            _ change: @escaping @Sendable ([UInt8]) -> [UInt8]
        ) {
            self.size = size
            testDescription = name
            self.reason = reason
            self.change = change
        }

        static func flip(_ at: Int) -> @Sendable ([UInt8]) -> [UInt8] {
            {
                var bytes = $0
                bytes[at < 0 ? bytes.count + at : at] ^= 0x10
                return bytes
            }
        }
    }

    @Test(
        "a value that is no record of its key is a miss and a counter, and stays",
        arguments: [
            Damage("empty", .truncated) { _ in [] },
            Damage("one byte", .truncated) { Array($0.prefix(1)) },
            Damage("half", .truncated) { Array($0.prefix($0.count / 2)) },
            Damage("last byte missing", .truncated) { $0.dropLast() },
            Damage("a byte too many", .truncated) { $0 + [0] },
            Damage("another magic", .badMagic, Damage.flip(0)),
            Damage("another version", .otherVersion, Damage.flip(4)),
            Damage("another kind", .badLengths, Damage.flip(5)),
            Damage("a bit of the position", .badChecksum, Damage.flip(45)),
            Damage("a bit of the body length", .badChecksum, Damage.flip(20)),
            Damage("a bit of the fields", .badChecksum, Damage.flip(170)),
            Damage("a bit of the body", .badChecksum, Damage.flip(-1)),
            Damage("another key's", .otherKey) { _ in bytes(response(key("/b"), body: body(500)), key("/b")) },
            Damage("another variant's", .otherKey) { _ in
                bytes(response(key("/a", selection: [1]), body: body(500)), key("/a", selection: [1]))
            },
            Damage("a bit in the middle of a large body", .badChecksum, of: 300_000, Damage.flip(150_000)),
            Damage("the last bit of a large body", .badChecksum, of: 300_000, Damage.flip(-1)),
            Damage("a large body cut short", .truncated, of: 300_000) { $0.dropLast(1000) },
            Damage("a large record's head length", .badChecksum, of: 300_000, Damage.flip(11)),
            Damage("another key's large record", .otherKey, of: 300_000) { _ in
                bytes(response(key("/b"), body: body(300_000)), key("/b"))
            },
            Damage("a body of 2^63 - 1 bytes under a right checksum", .truncated) {
                resealed($0, replacing: 16..<24, with: [0x7f] + [UInt8](repeating: 0xff, count: 7))
            },
        ])
    func damage(_ damage: Damage) async throws {
        let (server, configuration) = try Fixture.shared()
        try await Fixture.connected(configuration) { fixture in
            let key = key("/a")
            let good = bytes(response(key, body: body(damage.size)), key)
            let bad = damage.change(good)
            let name = Array(fixture.name(key).utf8)
            try server.command(bytes: [Array("SET".utf8), name, good])
            #expect(await fixture.read(key).body == body(damage.size))
            try server.command(bytes: [Array("SET".utf8), name, bad])
            let before = fixture.tier.statistics()
            #expect(await fixture.read(key).isMiss)
            let statistics = fixture.tier.statistics()
            #expect(statistics.misses == before.misses + 1)
            #expect(statistics.failures[.corrupt] == 1)
            #expect(fixture.tier.details().corruptRecords == [damage.reason: 1])
            #expect(statistics.state == .up)
            #expect(try server.command("GET", fixture.name(key)) == .bulk(bad))
        }
    }

    @Test("a key that holds a list is a miss")
    func list() async throws {
        let (server, configuration) = try Fixture.shared()
        try await Fixture.connected(configuration) { fixture in
            let key = key("/a")
            try server.command("RPUSH", fixture.name(key), "x")
            #expect(await fixture.read(key).isMiss)
            #expect(await fixture.write(response(key, body: []), key) == .dropped(.refused))
            #expect(fixture.tier.details().corruptRecords == [.badMagic: 1])
            #expect(fixture.tier.statistics().state == .up)
        }
    }

    @Test(
        "a server that sends what is no acceptable reply is left, and counted",
        arguments: [
            "$999999999999\r\n", "*1000000000\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", ":99999999999999999999\r\n",
            "*5\r\n*5\r\n*5\r\n*5\r\n*5\r\n", "$-1\r\n$-1\r\n$-1\r\n",
        ])
    func hostileServer(reply: String) async throws {
        let server = try await HostileServer.start(reply)
        var configuration = RedisTierConfiguration(deployment: .standalone(.host("127.0.0.1", port: server.port)))
        configuration.timeoutMilliseconds = 5000
        try await Fixture.running(configuration) { fixture in
            try await eventually("the connection is left") {
                _ = await fixture.read(key("/a"))
                return fixture.tier.details().corruptConnections > 0
            }
            #expect((fixture.tier.statistics().failures[.corrupt] ?? 0) > 0)
        }
        try await server.close()
    }
}

/// The record with other bytes there and its head's checksum made right again: what a hostile writer would file.
func resealed(_ record: [UInt8], replacing range: Range<Int>, with new: [UInt8]) -> [UInt8] {
    var record = record
    record.replaceSubrange(range, with: new)
    record.replaceSubrange(12..<16, with: [0, 0, 0, 0])
    let length = Int(record[8]) << 24 | Int(record[9]) << 16 | Int(record[10]) << 8 | Int(record[11])
    let crc = record[..<length].withUnsafeBytes { RecordCodec.checksum(0, $0) }
    withUnsafeBytes(of: crc.bigEndian) { record.replaceSubrange(12..<16, with: $0) }
    return record
}

/// A socket that answers the handshake like Redis, and anything after it with fixed bytes.
private struct HostileServer {
    let channel: any Channel
    var port: Int { channel.localAddress!.port! }

    static func start(_ reply: String) async throws -> HostileServer {
        let bootstrap = ServerBootstrap(group: TestLoop.shared[1].eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answers(reply: reply))
                }
            }
        return HostileServer(channel: try await bootstrap.bind(host: "127.0.0.1", port: 0).get())
    }

    func close() async throws { try await channel.close().get() }

    private final class Answers: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let reply: String
        private var greeted = false

        init(reply: String) { self.reply = reply }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = greeted ? reply : "+PONG\r\n"
            greeted = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }
}
