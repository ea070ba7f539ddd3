package import NIOCore

/// The Lua scripts, which touch the keys that they declare, all of one slot. Their SHA-1 is written down here, so that the first
/// try is by name; a test compares it with what the server computes.
package struct Script: Sendable {
    package let sha: ByteBuffer
    package let source: ByteBuffer

    private init(sha: String, source: String) {
        self.sha = ByteBuffer(string: sha)
        self.source = ByteBuffer(string: source)
    }

    /// `EVALSHA`; after NOSCRIPT `EVAL`, which also files the script again.
    func command(keys: [ByteBuffer], _ arguments: [ByteBuffer], withSource: Bool) -> Command {
        let start = withSource ? [Self.eval, source] : [Self.evalSHA, sha]
        return Command(start + [ByteBuffer(string: String(keys.count))] + keys + arguments)
    }

    private static let eval = ByteBuffer(string: "EVAL")
    private static let evalSHA = ByteBuffer(string: "EVALSHA")

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

    /// Takes the lease KEYS[1] of the entry KEYS[2] for ARGV[2] ms. ARGV[1] is `holder nonce epoch n`, ARGV[3] the entry
    /// id that the caller saw, or nothing. Answers what stands there then, one's own or another's; null: the entry is not
    /// the one that was seen. The token in front is the server's time in microseconds: it rises from lease to lease.
    static let lease = Script(
        sha: "2f60136f834a6dc387a2839ae05bd390339ba476",
        source: """
            if redis.call('EXISTS', KEYS[2]) == 1 and redis.call('GETRANGE', KEYS[2], 48, 55) ~= ARGV[3] then
                return false
            end
            local held = redis.call('GET', KEYS[1])
            if held then return held end
            local now = redis.call('TIME')
            local value = string.format('%d%06d ', now[1], now[2]) .. ARGV[1]
            redis.call('SET', KEYS[1], value, 'PX', ARGV[2])
            return value
            """)

    /// Gives the lease KEYS[1] back if its nonce is ARGV[1]. 1: given back; 0: it is gone or another's.
    static let release = Script(
        sha: "f53936e518665e7c81630b35db54f1398c690cf0",
        source: """
            local held = redis.call('GET', KEYS[1])
            if held and held:match('^%d+ %x+ (%x+) ') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
            return 0
            """)

    package static let all = [write, remove, lease, release]
}
