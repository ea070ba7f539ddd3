package import NIOCore

/// The Lua scripts of the invalidation log. KEYS are always meta, table, feed and members, which share a slot. Bytes go in
/// and out as they are; numbers go as decimal text, since Lua's are exact up to 2^53 only, and so is `n`.
///
/// With Redis 7 they may run while the server is full: the log is small, and a purge must not fail because entries fill
/// the memory. Older servers refuse the line that says so, and get the script without it. The SHA-1s are written down, so
/// that the first try is by name; a test compares them with what a server computes.
package struct LogScript: Sendable {
    /// With the line for Redis 7, and without.
    package struct Form: Sendable {
        package let sha: ByteBuffer
        package let source: ByteBuffer
    }

    package let modern: Form
    package let plain: Form

    private init(_ source: String, modern: String, plain: String) {
        self.modern = Form(
            sha: ByteBuffer(string: modern), source: ByteBuffer(string: "#!lua flags=allow-oom\n" + source))
        self.plain = Form(sha: ByteBuffer(string: plain), source: ByteBuffer(string: source))
    }

    package static let all = [contact, append, replaceEpoch, trim]

    /// The epoch of the log, which begins with ARGV[1] where there is none or a part of it is missing.
    private static let life = """
        local epoch = redis.call('HGET', KEYS[1], 'epoch')
        local function begin()
            epoch = ARGV[1]
            redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
            redis.call('HSET', KEYS[1], 'epoch', epoch, 'n', '0', 'floor', '0')
            redis.call('HSET', KEYS[2], '!', epoch)
        end
        if not epoch or redis.call('HGET', KEYS[2], '!') ~= epoch then begin() end
        """

    /// The six numbers of a selector's marks, and whether they could not be read.
    private static let marks = """
        local function marks(text)
            local found = {string.match(text or '0 0 0 0 0 0', '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')}
            if #found < 6 then return {'0', '0', '0', '0', '0', '0'}, true end
            return found, false
        end
        """

    /// Announces ARGV[2] with ARGV[3], marks ARGV[5] as left, takes stale members off (id and text from ARGV[6] on);
    /// begins the log's life with the epoch ARGV[1] where there is none, or a part of it is missing. Returns epoch, n,
    /// floor, the nonces of records ARGV[4] and n, the age of the list of members in seconds, and the list.
    static let contact = LogScript(
        """
        \(life)
        local now = redis.call('TIME')
        redis.call('HSETNX', KEYS[4], '!', now[1])
        redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
        if ARGV[5] ~= '' then redis.call('HSET', KEYS[4], ARGV[5], 'left') end
        for i = 6, #ARGV, 2 do
            if redis.call('HGET', KEYS[4], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[4], ARGV[i]) end
        end
        local function nonce(n)
            local item = redis.call('XRANGE', KEYS[3], n .. '-0', n .. '-0')[1]
            return item and item[2][4] or ''
        end
        local n = redis.call('HGET', KEYS[1], 'n')
        local age = tonumber(now[1]) - (tonumber(redis.call('HGET', KEYS[4], '!')) or 0)
        return {epoch, n, redis.call('HGET', KEYS[1], 'floor'), nonce(ARGV[4]), nonce(n),
            string.format('%.0f', age), redis.call('HGETALL', KEYS[4])}
        """,
        modern: "ec58d3647ab0611b021fd8df34ea1313df588a6b",
        plain: "a69ca10fe00eddb328b8e15a20e762c8e9337721")

    /// Appends the record ARGV[5] with the nonce ARGV[2], mode ARGV[3] (h, s or u), accepted at ARGV[4], selectors from
    /// ARGV[7] on, and keeps some ARGV[6] elements in the feed. Begins a life as `contact` does. Returns epoch and n.
    /// Everything is read before anything is written: a script that fails is not rolled back.
    static let append = LogScript(
        """
        \(marks)
        \(life)
        for i = 7, #ARGV do
            local _, broken = marks(redis.call('HGET', KEYS[2], ARGV[i]) or nil)
            if broken then
                begin()
                break
            end
        end
        local values = {}
        local number = string.format('%.0f', tonumber(redis.call('HGET', KEYS[1], 'n')) + 1)
        for i = 7, #ARGV do
            local old = marks(redis.call('HGET', KEYS[2], ARGV[i]) or nil)
            if ARGV[3] == 'h' then
                values[i] = number .. ' ' .. ARGV[4] .. ' 0 0 0 0'
            elseif ARGV[3] == 's' then
                values[i] = table.concat({old[1], old[2], number, ARGV[4], old[5], old[6]}, ' ')
            else
                values[i] = table.concat({old[1], old[2], old[3], old[4], number, ARGV[4]}, ' ')
            end
        end
        redis.call('HSET', KEYS[1], 'n', number)
        for i = 7, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], values[i]) end
        local item = {'XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], number .. '-0', 'e', epoch, 'k', ARGV[2], 'r', ARGV[5]}
        if redis.pcall(unpack(item)).err then
            redis.call('UNLINK', KEYS[3])
            redis.call(unpack(item))
        end
        return {epoch, number}
        """,
        modern: "bfb99adf417e4414efc9cc87b8639add7d521201",
        plain: "57b8f28057d9a0fec2fafe1aa77f1658754b3996")

    /// If the epoch is ARGV[1], begins the life ARGV[2] with a feed that holds its mark alone, with the nonce ARGV[3].
    /// n counts on: readers of the feed see that something came.
    static let replaceEpoch = LogScript(
        """
        local epoch = redis.call('HGET', KEYS[1], 'epoch')
        if epoch ~= ARGV[1] then return epoch or '' end
        local number = string.format('%.0f', tonumber(redis.call('HGET', KEYS[1], 'n')) + 1)
        redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'n', number, 'floor', number)
        redis.call('UNLINK', KEYS[2], KEYS[3])
        redis.call('HSET', KEYS[2], '!', ARGV[2])
        redis.call('XADD', KEYS[3], number .. '-0', 'e', ARGV[2], 'k', ARGV[3])
        return ARGV[2]
        """,
        modern: "6cae0b540e4b4d21e94f72d3aadf3a83f4ea15c8",
        plain: "d4a29521513cd2c075be403dd92a6692de2c0e73")

    /// If the epoch is ARGV[1], raises the floor to ARGV[2] and drops what purges up to it left under the next ARGV[3]
    /// selectors; then, of the selectors and numbers that follow, what unsafe methods left.
    static let trim = LogScript(
        """
        \(marks)
        if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
        local floor = tonumber(ARGV[2])
        if floor > tonumber(redis.call('HGET', KEYS[1], 'floor')) then redis.call('HSET', KEYS[1], 'floor', ARGV[2]) end
        local function keep(field, found)
            if found[1] == '0' and found[3] == '0' and found[5] == '0' then
                redis.call('HDEL', KEYS[2], field)
            else
                redis.call('HSET', KEYS[2], field, table.concat(found, ' '))
            end
        end
        local last = 3 + tonumber(ARGV[3])
        for i = 4, last do
            local text = redis.call('HGET', KEYS[2], ARGV[i])
            if text then
                local found = marks(text)
                if tonumber(found[1]) <= floor then found[1], found[2] = '0', '0' end
                if tonumber(found[3]) <= floor then found[3], found[4] = '0', '0' end
                keep(ARGV[i], found)
            end
        end
        for i = last + 1, #ARGV, 2 do
            local text = redis.call('HGET', KEYS[2], ARGV[i])
            if text then
                local found = marks(text)
                if found[5] == ARGV[i + 1] then found[5], found[6] = '0', '0' end
                keep(ARGV[i], found)
            end
        end
        return 1
        """,
        modern: "ba33acad40daa696d8c0b6c8a348fb82080e29dd",
        plain: "92a5a8d82bec6cd3b970adf586a0d948e2ad95aa")
}
