import DiskTier
import Foundation
import Invalidation
import Logging
import NIOPosix
import RedisTier
import Settings

/// Where invalidations are logged: in Redis if there is one, else in a journal. A change between them, or to another
/// Redis or prefix, begins a new life of the log (invalidation.md rule 19): what was purged while another one was in use
/// is not known to this one.
enum InvalidationLogs {
    private static let journalHome = "journal"

    /// Nil without Redis.
    static func fleet(_ settings: Configuration, _ servers: RedisServers?) throws -> RedisLog? {
        guard let redis = settings.tiers.redis, let servers else { return nil }
        let logger = Logger(label: "strata.log")
        let connection = try RedisTierConfiguration(redis).validated()
        // A thread of its own: a long table is read on it, and no request waits for that.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let table = URL(fileURLWithPath: settings.state + "/fleet.table")
        return RedisLog(
            servers,
            RedisLog.Configuration(
                home: "redis \(connection.serverName) \(connection.prefix)",
                maxBlindMilliseconds: settings.purge.maxBlind, retentionMilliseconds: settings.purge.retention,
                maxRecords: settings.purge.maxRecords, syncsPosition: settings.tiers.disk != nil,
                keptTable: (try? Data(contentsOf: table)).map { Array($0) },
                keepTable: { bytes in
                    do {
                        try Data(bytes).write(to: table, options: .atomic)
                    } catch {
                        logger.error("the table of invalidations could not be kept", metadata: ["error": "\(error)"])
                    }
                }),
            memory: try LogMemoryFile(path: memoryPath(settings), logger: logger), eventLoop: group.next(),
            logger: logger)
    }

    static func journal(_ settings: Configuration) throws -> Journal {
        let logger = Logger(label: "strata.journal")
        let path = settings.state + "/invalidations.journal"
        if FileManager.default.fileExists(atPath: memoryPath(settings)) {
            try leaveFleet(settings, journal: path, logger: logger)
        }
        return try Journal(
            Journal.Configuration(
                path: path, retentionMilliseconds: settings.purge.retention, maxRecords: settings.purge.maxRecords),
            logger: logger)
    }

    private static func memoryPath(_ settings: Configuration) -> String { settings.state + "/fleet.journal" }

    /// The log was in Redis last time: the journal knows nothing of what was purged then. It goes first, so that whatever
    /// happens in between leaves a new epoch.
    private static func leaveFleet(_ settings: Configuration, journal: String, logger: Logger) throws {
        let memory = try LogMemoryFile(path: memoryPath(settings), logger: logger)
        if let home = memory.remembered.home, home != journalHome {
            if FileManager.default.fileExists(atPath: journal) { try FileManager.default.removeItem(atPath: journal) }
            // Gone for good before the other file says so.
            let folder = open(settings.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if folder >= 0 {
                fsync(folder)
                close(folder)
            }
            let written = DispatchSemaphore(value: 0)
            memory.begin(home: journalHome, isSettled: true, member: memory.remembered.member ?? 1) { _ in
                written.signal()
            }
            written.wait()
        }
        let closed = DispatchSemaphore(value: 0)
        memory.close { closed.signal() }
        closed.wait()
    }
}
