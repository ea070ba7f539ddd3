import TestSupport
import CacheModel
import NIOCore
import RedisTier
import Testing

@Suite struct ReplyParserTests {
    static let limits = ReplyLimits(maxBulk: 100, maxSkipped: 1000, maxElements: 8, maxDepth: 3, maxLine: 64)

    /// Feeds the text in pieces of that many bytes.
    static func parse(_ text: String, piece: Int = .max) throws(ReplyFault) -> [Reply] {
        var parser = ReplyParser(limits: limits)
        var replies: [Reply] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(piece))
            rest = rest.dropFirst(piece)
            var fault: ReplyFault?
            part.withUnsafeBytes { raw in
                do throws(ReplyFault) { try parser.parse(raw, into: &replies) } catch { fault = error }
            }
            if let fault { throw fault }
        }
        return replies
    }

    static func bulk(_ text: String) -> Reply { .bulk(ByteBuffer(string: text)) }

    static let good: [(String, [Reply])] = [
        ("+OK\r\n", [.status("OK")]),
        ("-ERR no\r\n", [.error("ERR no")]),
        (":42\r\n:-7\r\n:0\r\n", [.integer(42), .integer(-7), .integer(0)]),
        ("$5\r\nhello\r\n", [bulk("hello")]),
        ("$0\r\n\r\n", [bulk("")]),
        ("$-1\r\n*-1\r\n", [.null, .null]),
        ("$4\r\n\r\n\r\n\r\n+A\r\n", [bulk("\r\n\r\n"), .status("A")]),
        ("*0\r\n", [.array([])]),
        ("*3\r\n:1\r\n$1\r\na\r\n$-1\r\n", [.array([.integer(1), bulk("a"), .null])]),
        (
            "*2\r\n*2\r\n+a\r\n*0\r\n*1\r\n*1\r\n:1\r\n+end\r\n",
            [.array([.array([.status("a"), .array([])]), .array([.array([.integer(1)])])]), .status("end")]
        ),
        ("$100\r\n" + String(repeating: "x", count: 100) + "\r\n", [bulk(String(repeating: "x", count: 100))]),
        // Larger than what is taken in: passed over, and the stream goes on.
        ("$101\r\n" + String(repeating: "x", count: 101) + "\r\n:1\r\n", [.oversize(101), .integer(1)]),
    ]

    @Test("replies come out whole, however the bytes are cut", arguments: good.indices, [1, 2, 3, 7, 1000])
    func parses(row: Int, piece: Int) throws {
        #expect(try Self.parse(Self.good[row].0, piece: piece) == Self.good[row].1)
    }

    @Test("a long string comes with its body's checksum, however it is cut", arguments: [1, 7, 64, 1000])
    func large(piece: Int) throws {
        let key = key("/a")
        let record = bytes(response(key, body: body(500)), key)
        let limits = ReplyLimits(maxBulk: 2000, maxSkipped: 2000, minLarge: record.count)
        func string(_ bytes: [UInt8]) -> [UInt8] { Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10] }
        var parser = ReplyParser(limits: limits)
        var replies: [Reply] = []
        var rest = (string(record) + string(record.dropLast()) + string(record))[...]
        while !rest.isEmpty {
            try Array(rest.prefix(piece)).withUnsafeBytes { try parser.parse($0, into: &replies) }
            rest = rest.dropFirst(piece)
        }
        var checksum = BodyChecksum()
        record.withUnsafeBytes { checksum.take($0) }
        let whole = Reply.large(ByteBuffer(bytes: record), checksum)
        #expect(replies == [whole, .bulk(ByteBuffer(bytes: record.dropLast())), whole])
    }

    @Test(
        "what is no acceptable reply is a fault (attacks.md 25: hostile Redis)",
        arguments: [
            ("$101000\r\n", ReplyFault.bulkTooLong),
            ("$999999999999999999\r\n", .bulkTooLong),
            ("$9223372036854775807\r\n", .badNumber),
            ("$99999999999999999999999\r\n", .badNumber),
            ("$-2\r\n", .bulkTooLong),
            ("$-9\r\n", .bulkTooLong),
            ("*9\r\n", .arrayTooLong),
            ("*2147483648\r\n", .arrayTooLong),
            ("*-2\r\n", .arrayTooLong),
            ("*1\r\n$101\r\n", .bulkTooLong),
            ("*1\r\n*1\r\n*1\r\n*1\r\n", .tooDeep),
            ("$+5\r\n", .badNumber),
            ("$5x\r\n", .badNumber),
            ("$\r\n", .badNumber),
            ("$--1\r\n", .badNumber),
            ("$1-\r\n", .badNumber),
            (": 1\r\n", .badNumber),
            ("$05\r\nhello\r\n", .badNumber), ("$-0\r\n\r\n", .badNumber), (":007\r\n", .badNumber),
            ("$5\n", .badNumber),
            ("$5\r\rhello\r\n", .badLineEnd),
            ("$5\r\nhelloxx", .badLineEnd),
            ("$5\r\nhello\rx", .badLineEnd),
            ("+a\nb\r\n", .badLineEnd),
            ("+a\rb\r\n", .badLineEnd),
            ("+" + String(repeating: "x", count: 70), .lineTooLong),
            ("HTTP/1.1 400 Bad Request\r\n", .unknownType),
            ("\r\n", .unknownType),
            ("%1\r\n", .unknownType),
            (">2\r\n", .unknownType),
        ], [1, 1000])
    func refuses(row: (String, ReplyFault), piece: Int) {
        #expect(throws: row.1) { try Self.parse(row.0, piece: piece) }
    }

    @Test("damaged streams are a fault or replies, the same however they are cut, and never a trap", arguments: 1...20)
    func damaged(seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<150 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes += Array(Self.good.randomElement(using: &random)!.0.utf8)
            }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = [0x0d, 0x0a, 0x24, 0x2a, 0x2d, 0x30, 0x39, 0xff].randomElement(using: &random)!
            }
            let whole = Self.outcome(bytes, piece: .max)
            let cut = Self.outcome(bytes, piece: Int.random(in: 1...9, using: &random))
            #expect(whole == cut)
        }
    }

    /// The replies before the fault, and the fault.
    static func outcome(_ bytes: [UInt8], piece: Int) -> String {
        var parser = ReplyParser(limits: limits)
        var replies: [Reply] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            var fault: ReplyFault?
            Array(rest.prefix(piece)).withUnsafeBytes { raw in
                do throws(ReplyFault) { try parser.parse(raw, into: &replies) } catch { fault = error }
            }
            if let fault { return "\(replies) \(fault)" }
            rest = rest.dropFirst(piece)
        }
        return "\(replies)"
    }

    @Test("a command is formatted with any bytes in its arguments")
    func command() {
        let command = Command([ByteBuffer(string: "SET"), ByteBuffer(), ByteBuffer(bytes: [0, 13, 10, 255])])
        #expect(
            Array(command.bytes.readableBytesView)
                == Array("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\n".utf8) + [0, 13, 10, 255, 13, 10])
    }

    @Test(
        "error replies are told apart",
        arguments: [
            ("OOM command not allowed when used memory > 'maxmemory'.", ErrorKind.full),
            ("ERR Error running script (call to f_1): @user_script:9: -OOM command not allowed", .full),
            ("NOSCRIPT No matching script.", .unknownScript),
            ("WRONGTYPE Operation against a key", .wrongType),
            ("ERR Error running script (call to f_1): @user_script:2: -WRONGTYPE Operation", .wrongType),
            ("LOADING Redis is loading the dataset in memory", .notServing),
            ("BUSY Redis is busy running a script.", .notServing),
            ("READONLY You can't write against a read only replica.", .refused),
            ("MISCONF Redis is configured to save RDB snapshots", .refused),
            ("", .refused),
        ])
    func errorKinds(text: String, kind: ErrorKind) { #expect(ErrorKind(text) == kind) }
}
