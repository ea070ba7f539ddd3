package import NIOCore

/// The two Lua scripts, which touch the one key that they declare. Their SHA-1 is written down here, so that the first
/// try is by name; a test compares it with what the server computes.
package struct Script: Sendable {
    package let sha: ByteBuffer
    package let source: ByteBuffer

    private init(sha: String, source: String) {
        self.sha = ByteBuffer(string: sha)
        self.source = ByteBuffer(string: source)
    }

    /// `EVALSHA`; after NOSCRIPT `EVAL`, which also files the script again.
    func command(key: ByteBuffer, _ arguments: [ByteBuffer], withSource: Bool) -> Command {
        let start = withSource ? [Self.eval, source] : [Self.evalSHA, sha]
        return Command(start + [Self.one, key] + arguments)
    }

    private static let eval = ByteBuffer(string: "EVAL")
    private static let evalSHA = ByteBuffer(string: "EVALSHA")
    private static let one = ByteBuffer(string: "1")

    /// Files ARGV[1] under the key for ARGV[2] ms, unless a record of the same version and epoch with a higher n is
    /// there (invalidation.md rule 7). 1: filed; 0: not. Offsets are those of `RecordHead`, counted from 1; bytes are
    /// compared one by one because Lua's `<` on strings goes by the server's locale.
    static let write = Script(
        sha: "4947afb4b15d2ceb128f458b2ff3a929d808ae48",
        source: """
            local new = ARGV[1]
            local old = redis.call('GETRANGE', KEYS[1], 0, 47)
            if #old == 48 and old:sub(1, 5) == new:sub(1, 5) and old:sub(33, 40) == new:sub(33, 40) then
                for i = 41, 48 do
                    local a, b = old:byte(i), new:byte(i)
                    if a > b then return 0 end
                    if a < b then break end
                end
            end
            redis.call('SET', KEYS[1], new, 'PX', ARGV[2])
            return 1
            """)

    /// Deletes the key if a record with the entry id ARGV[1] (8 bytes) is there. 1: deleted; 0: not.
    static let remove = Script(
        sha: "46f092730cbb29f44b418d972948b807d0f504bf",
        source: """
            local old = redis.call('GETRANGE', KEYS[1], 0, 55)
            if #old == 56 and old:sub(1, 4) == 'STRA' and old:sub(49, 56) == ARGV[1] then
                return redis.call('DEL', KEYS[1])
            end
            return 0
            """)

    package static let all = [write, remove]
}
