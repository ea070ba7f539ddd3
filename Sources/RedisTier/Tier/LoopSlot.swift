internal import CacheModel
internal import NIOCore

/// What one loop has of the tier: its two links and its counters. All but `counters` and `run` on that loop.
struct LoopSlot: Sendable {
    let links: Node.Links
    let counters = Counters()
    let configuration: RedisTierConfiguration
    private let keyStart: ByteBuffer

    init(links: Node.Links, configuration: RedisTierConfiguration) {
        self.links = links
        self.configuration = configuration
        keyStart = ByteBuffer(string: configuration.prefix + "e:")
    }

    /// Runs the work on this loop, now if it is the current one, with the deadline that counts from now.
    func run(_ work: @escaping @Sendable (_ deadline: Int64) -> Void) {
        let deadline = Link.now + configuration.timeoutMilliseconds
        if links.eventLoop.inEventLoop { work(deadline) } else { links.eventLoop.execute { work(deadline) } }
    }

    private func name(_ key: TierKey) -> ByteBuffer {
        var name = keyStart
        name.writeString(key.digest.hex)
        return name
    }

    // MARK: Reading

    private static let get = ByteBuffer(string: "GET")

    func read(_ key: TierKey, deadline: Int64, _ done: @escaping (TierRead) -> Void) {
        links.read.submit(Command([Self.get, name(key)]), deadline: deadline) { outcome in
            switch outcome {
            case .failure(let failure): done(unavailable(failure))
            case .reply(let reply): done(self.result(of: reply, key))
            }
        }
    }

    private func unavailable(_ failure: TierFailure) -> TierRead {
        counters.count(failure)
        return .unavailable(failure)
    }

    private func result(of reply: Reply, _ key: TierKey) -> TierRead {
        switch reply {
        case .bulk(let bytes):
            do throws(RecordError) {
                let record = try RecordCodec.decode(bytes, key: key)
                counters.update { $0.hits += 1 }
                return .hit(record)
            } catch {
                counters.count(error)
                return .miss
            }
        case .null:
            counters.update { $0.misses += 1 }
            return .miss
        case .oversize:
            counters.update { $0.misses += 1 }
            counters.count(.tooLarge)
            return .miss
        case .error(let text) where ErrorKind(text) == .wrongType:
            counters.count(RecordError.badMagic)
            return .miss
        case .error: return unavailable(.refused)
        case .status, .integer, .array:
            counters.count(RecordError.badMagic)
            return .miss
        }
    }

    // MARK: Writing

    func write(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, deadline: Int64, _ done: @escaping (TierWrite) -> Void
    ) {
        func finish(_ result: TierWrite) {
            switch result {
            case .stored: counters.update { $0.writes += 1 }
            case .superseded: counters.update { $0.superseded += 1 }
            case .dropped(let failure): counters.count(failure)
            }
            done(result)
        }
        guard let value = encoded(record, key) else { return finish(.dropped(.tooLarge)) }
        run(Script.write, on: key, [value, expiry(ttlMilliseconds)], deadline: deadline) { outcome in
            switch outcome {
            case .failure(let failure): finish(.dropped(failure))
            case .reply(.integer(0)): finish(.superseded)
            case .reply(.integer): finish(.stored)
            case .reply(.error(let text)): finish(.dropped(ErrorKind(text) == .full ? .full : .refused))
            case .reply: finish(.dropped(.corrupt))
            }
        }
    }

    /// Nil when the record is too large for the tier, or its body is in a file and so not at hand.
    private func encoded(_ record: Record, _ key: TierKey) -> ByteBuffer? {
        if case .response(let response) = record {
            if case .external = response.body { return nil }
            guard response.bodyLength <= configuration.maxObject else { return nil }
        }
        let value = RecordCodec.encode(record, key: key)
        return value.readableBytes <= configuration.maxObject + LinkSettings.headAllowance ? value : nil
    }

    /// For `PX`. Redis adds it to its clock and refuses what overflows: ten years are for ever.
    private func expiry(_ milliseconds: Int64) -> ByteBuffer {
        let tenYears: Int64 = 315_360_000_000
        let capped = min(milliseconds, configuration.maxTTLMilliseconds ?? tenYears, tenYears)
        return ByteBuffer(string: String(max(1, capped)))
    }

    // MARK: Removing

    private static let delete = ByteBuffer(string: "DEL")

    func remove(_ key: TierKey, entryID: UInt64?, deadline: Int64, _ done: @escaping (Bool?) -> Void) {
        func finish(_ outcome: Link.Outcome) {
            switch outcome {
            case .reply(.integer(let count)):
                if count > 0 { counters.update { $0.removals += 1 } }
                done(count > 0)
            case .reply(.error(let text)) where ErrorKind(text) == .wrongType: done(false)
            case .reply:
                counters.count(.refused)
                done(nil)
            case .failure(let failure):
                counters.count(failure)
                done(nil)
            }
        }
        guard let entryID else {
            return links.write.submit(Command([Self.delete, name(key)]), deadline: deadline, finish)
        }
        run(Script.remove, on: key, [ByteBuffer(integer: entryID)], deadline: deadline, finish)
    }

    // MARK: Scripts

    /// By name, and with its source if the server does not know it (SCRIPT FLUSH, a restart, a failover).
    private func run(
        _ script: Script, on key: TierKey, _ arguments: [ByteBuffer], deadline: Int64,
        _ done: @escaping (Link.Outcome) -> Void
    ) {
        let name = name(key)
        let link = links.write
        link.submit(script.command(key: name, arguments, withSource: false), deadline: deadline) { outcome in
            if case .reply(.error(let text)) = outcome, ErrorKind(text) == .unknownScript {
                link.submitAgain(script.command(key: name, arguments, withSource: true), deadline: deadline, done)
            } else {
                done(outcome)
            }
        }
    }
}
