internal import CacheModel
internal import NIOCore

/// What one loop has of the tier: its way to the servers and its counters. All but `counters` and `run` on that loop.
final class LoopSlot: Sendable {
    let route: KeyRoute
    let counters = Counters()
    let configuration: RedisTierConfiguration
    let keys: KeyNames
    private let codec: ValueCodec
    private let threads: ThreadWork

    init(route: KeyRoute, configuration: RedisTierConfiguration) {
        self.route = route
        self.configuration = configuration
        keys = KeyNames(prefix: configuration.prefix)
        codec = ValueCodec(maxObject: configuration.maxObject, compression: configuration.compression)
        threads = ThreadWork(eventLoop: route.eventLoop, maxBytes: configuration.maxQueuedBytes)
    }

    /// Whether this is the thread of the loop.
    var isCurrent: Bool { route.eventLoop.inEventLoop }

    /// Of what begins now.
    var deadline: Int64 { Link.now + configuration.timeoutMilliseconds }

    /// Runs the work on this loop, now if it is the current one, with the deadline that counts from now.
    func run(_ work: @escaping @Sendable (_ deadline: Int64) -> Void) {
        let deadline = deadline
        if isCurrent { work(deadline) } else { route.eventLoop.execute { work(deadline) } }
    }

    // MARK: Reading

    func read(_ key: TierKey, deadline: Int64, _ done: @escaping (TierRead) -> Void) {
        let slot = route.servers.isCluster ? keys.slot(key) : 0
        route.submit(keys.get(key), slot: slot, .read, deadline: deadline) { outcome in
            switch outcome {
            case .failure(let failure): done(self.unavailable(failure))
            case .reply(.bulk(let value)): self.decode(value, nil, key, done)
            case .reply(.large(let value, let checksum)): self.decode(value, checksum, key, done)
            case .reply(let reply): done(self.result(of: reply, key))
            }
        }
    }

    private func unavailable(_ failure: TierFailure) -> TierRead {
        counters.count(failure)
        return .unavailable(failure)
    }

    private func decode(
        _ value: ByteBuffer, _ checksum: BodyChecksum?, _ key: TierKey, _ done: @escaping (TierRead) -> Void
    ) {
        guard codec.isWorkForThread(value, hasChecksum: checksum != nil) else {
            return done(
                result { () throws(RecordError) in
                    try codec.decode(value, key: key, checksum: checksum)
                })
        }
        // What has been received is in memory already: it is not refused for the bound's sake.
        threads.run(bytes: 0) { [codec] in
            Result { () throws(RecordError) in try codec.decode(value, key: key) }
        } then: { decoded in
            done(self.result { () throws(RecordError) in try decoded.get() })
        }
    }

    private func result(_ decode: () throws(RecordError) -> Record) -> TierRead {
        do throws(RecordError) {
            let record = try decode()
            counters.update { $0.hits += 1 }
            return .hit(record)
        } catch {
            counters.count(error)
            return .miss
        }
    }

    private func result(of reply: Reply, _ key: TierKey) -> TierRead {
        switch reply {
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
        case .status, .integer, .array, .bulk, .large:
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
            case .stored: self.counters.update { $0.writes += 1 }
            case .superseded: self.counters.update { $0.superseded += 1 }
            case .dropped(let failure): self.counters.count(failure)
            }
            done(result)
        }
        func send(_ value: ByteBuffer?) {
            guard let value else { return finish(.dropped(.tooLarge)) }
            run(Script.write, on: [keys.entry(key)], [value, expiry(ttlMilliseconds)], deadline: deadline) { outcome in
                switch outcome {
                case .failure(let failure): finish(.dropped(failure))
                case .reply(.integer(0)): finish(.superseded)
                case .reply(.integer): finish(.stored)
                case .reply(.error(let text)): finish(.dropped(ErrorKind(text) == .full ? .full : .refused))
                case .reply: finish(.dropped(.corrupt))
                }
            }
        }
        if codec.isWorkForThread(record) {
            let isTaken = threads.run(bytes: record.bodyLength) { [codec] in
                codec.encode(record, key: key)
            } then: {
                send($0)
            }
            if !isTaken { finish(.dropped(.queueFull)) }
        } else {
            send(codec.encode(record, key: key))
        }
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
                if count > 0 { self.counters.update { $0.removals += 1 } }
                done(count > 0)
            case .reply(.error(let text)) where ErrorKind(text) == .wrongType: done(false)
            case .reply:
                self.counters.count(.refused)
                done(nil)
            case .failure(let failure):
                self.counters.count(failure)
                done(nil)
            }
        }
        guard let entryID else {
            let name = keys.entry(key)
            let slot = route.servers.slot(of: name)
            return route.submit(Command([Self.delete, name]), slot: slot, .write, deadline: deadline, finish)
        }
        run(Script.remove, on: [keys.entry(key)], [ByteBuffer(integer: entryID)], deadline: deadline, finish)
    }

    // MARK: Scripts

    /// By name, and with its source if the server does not know it (SCRIPT FLUSH, a restart, a failover). All keys are
    /// of one slot.
    func run(
        _ script: Script, on keys: [ByteBuffer], _ arguments: [ByteBuffer], deadline: Int64,
        _ done: @escaping (Link.Outcome) -> Void
    ) {
        let slot = route.servers.slot(of: keys[0])
        let command = script.command(keys: keys, arguments, withSource: false)
        route.submit(command, slot: slot, .write, deadline: deadline) { outcome in
            guard case .reply(.error(let text)) = outcome, ErrorKind(text) == .unknownScript else {
                return done(outcome)
            }
            let whole = script.command(keys: keys, arguments, withSource: true)
            self.route.submit(whole, slot: slot, .write, deadline: deadline, again: true, done)
        }
    }
}

extension Record {
    fileprivate var bodyLength: Int {
        if case .response(let response) = self { response.bodyLength } else { 0 }
    }
}
