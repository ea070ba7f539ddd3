import CacheModel
import Invalidation
import Logging
import NIOCore
import RedisTier
import Synchronization
import TestSupport

/// What an instance keeps from one life to the next, for as long as the test lasts.
final class KeptInTest: LogMemory {
    private let state: Mutex<RememberedLog>

    init(_ state: RememberedLog = RememberedLog()) { self.state = Mutex(state) }

    var remembered: RememberedLog { state.withLock { $0 } }

    func begin(home: String, isSettled: Bool, member: UInt64, _ done: @escaping @Sendable (LogFailure?) -> Void) {
        state.withLock { ($0.home, $0.isSettled, $0.member) = (home, isSettled, member) }
        done(nil)
    }

    func keep(_ record: InvalidationRecord, _ done: @escaping @Sendable (LogFailure?) -> Void) {
        state.withLock { $0.own.append(OwnRecord(record: record)) }
        done(nil)
    }

    func confirm(nonce: UInt64, at position: Position) {
        state.withLock { state in
            for index in state.own.indices where state.own[index].record.nonce == nonce {
                state.own[index].position = position
            }
        }
    }

    func note(_ applied: AppliedMark, synced: Bool, _ done: @escaping @Sendable (LogFailure?) -> Void) {
        state.withLock { $0.note(applied) }
        done(nil)
    }

    func close(_ done: @escaping @Sendable () -> Void) { done() }
}

/// One instance of a fleet, as far as the log is concerned.
final class LogInstance: Sendable {
    let log: RedisLog
    let memory: KeptInTest
    private let servers: RedisServers

    init(
        _ redis: RedisTierConfiguration, memory: KeptInTest = KeptInTest(), home: String = "here",
        maxBlind: Int64 = 60_000, retention: Int64 = 86_400_000, maxRecords: Int = 1000
    ) async throws {
        self.memory = memory
        let logger = Logger(label: "log") { _ in SwiftLogNoOpLogHandler() }
        servers = try RedisServers(redis, eventLoops: [TestLoop.shared[0].eventLoop], logger: logger)
        servers.start()
        log = RedisLog(
            servers,
            RedisLog.Configuration(
                home: home, maxBlindMilliseconds: maxBlind, retentionMilliseconds: retention, maxRecords: maxRecords,
                syncsPosition: true),
            memory: memory, eventLoop: TestLoop.shared[0].eventLoop, logger: logger)
        await withCheckedContinuation { done in log.start(withinMilliseconds: 10_000) { done.resume() } }
    }

    func purge(
        _ tag: String, _ mode: InvalidationMode = .hard, cause: InvalidationCause = .purge, wait: Int64 = 0
    ) async throws -> LogReceipt {
        try await withCheckedContinuation { done in
            log.append(mode: mode, cause: cause, selectors: [.tag(Array(tag.utf8))], wait: wait) {
                done.resume(returning: $0)
            }
        }.get()
    }

    /// Of an entry with that tag, requested at `asOf`.
    func verdict(_ tag: String, asOf: Position, localNumber: UInt64 = 0) -> Verdict {
        let packed = [UInt8(tag.utf8.count)] + tag.utf8
        return Array("h".utf8).withUnsafeBytes { host in
            Array("/".utf8).withUnsafeBytes { path in
                packed.withUnsafeBytes { tags in
                    log.table.judge(
                        InvalidationSubject(host: host, path: path, query: nil, tags: tags, tagsCut: false), asOf: asOf,
                        localNumber: localNumber
                    ).verdict
                }
            }
        }
    }

    func close() async {
        await withCheckedContinuation { done in log.close { done.resume() } }
        await withCheckedContinuation { done in servers.shutdown(withinMilliseconds: 1000) { done.resume() } }
    }
}
