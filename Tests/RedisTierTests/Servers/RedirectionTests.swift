import NIOCore
import RedisLocation
import RedisTier
import Testing

@Suite struct RedirectionTests {
    /// By `CLUSTER KEYSLOT` of Redis 7.
    @Test(
        "the slot of a key is what Redis says",
        arguments: [
            ("123456789", 12739), ("", 0), ("foo", 12182), ("{foo}", 12182), ("x{foo}y", 12182), ("{}foo", 9500),
            ("{foo}{bar}", 12182), ("foo{", 7673), ("{{foo}}", 13308),
        ])
    func slots(key: String, slot: Int) {
        #expect(SlotHash.slot(of: ByteBuffer(string: key)) == slot)
    }

    private static let asked = RedisAddress.host("10.0.0.1", port: 7000)

    @Test(
        "MOVED, ASK and READONLY are read; anything else is an error like any other",
        arguments: [
            ("MOVED 3999 127.0.0.1:6381", Redirection.moved(slot: 3999, .host("127.0.0.1", port: 6381))),
            ("MOVED 16383 ::1:7000", .moved(slot: 16383, .host("::1", port: 7000))),
            ("MOVED 0 :7001", .moved(slot: 0, .host("10.0.0.1", port: 7001))),
            ("MOVED 0 ?:7001", .moved(slot: 0, .host("10.0.0.1", port: 7001))),
            ("ASK 5 node-2.example:6379", .ask(.host("node-2.example", port: 6379))),
            ("READONLY You can't write against a read only replica.", .readOnly),
            ("ERR Error running script: @user_script: -READONLY You can't write", .readOnly),
            ("MOVED", nil), ("MOVED 1", nil), ("MOVED x 127.0.0.1:1", nil), ("MOVED 16384 127.0.0.1:1", nil),
            ("MOVED -1 127.0.0.1:1", nil), ("MOVED 1 127.0.0.1", nil), ("MOVED 1 127.0.0.1:0", nil),
            ("MOVED 1 127.0.0.1:99999", nil), ("MOVED 1 h\u{1}:1", nil), ("ERR no", nil), ("", nil),
            ("MOVEDX 1 h:1", nil),
        ])
    func redirections(text: String, expected: Redirection?) {
        #expect(Redirection(text, asked: Self.asked) == expected)
    }

    private static func entry(_ first: Int64, _ last: Int64, _ host: String?, _ port: Int64) -> Reply {
        let host = host.map { Reply.bulk(ByteBuffer(string: $0)) } ?? .null
        let id = Reply.bulk(ByteBuffer(string: "id"))
        return .array([.integer(first), .integer(last), .array([host, .integer(port), id, .array([])])])
    }

    @Test("CLUSTER SLOTS is read, and a server's own null host means itself")
    func ranges() {
        let reply = Reply.array([Self.entry(0, 100, "a", 1), Self.entry(200, 16383, nil, 7000)])
        let found = SlotRanges(reply, asked: Self.asked)
        #expect(
            found?.ranges == [
                .init(slots: 0...100, master: .host("a", port: 1)), .init(slots: 200...16383, master: Self.asked),
            ])
    }

    @Test(
        "what is no list of slots is refused",
        arguments: [
            Reply.null, .array([]), .error("ERR This instance has cluster support disabled"), .array([.integer(1)]),
            .array([entry(0, 16384, "a", 1)]), .array([entry(5, 4, "a", 1)]), .array([entry(-1, 4, "a", 1)]),
            .array([entry(0, 4, "a", 0)]), .array([entry(0, 4, "a b", 1)]),
            .array([.array([.integer(0), .integer(1)])]),
        ])
    func noRanges(reply: Reply) {
        #expect(SlotRanges(reply, asked: Self.asked) == nil)
    }
}
