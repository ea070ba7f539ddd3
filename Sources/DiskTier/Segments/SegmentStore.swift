internal import CacheModel
internal import Logging
internal import Synchronization

/// The folder: opened, locked, recovered. What writes to it goes through the log, under one lock; what reads from it
/// needs the index and the table alone. Every call but the look-ups of `index` may block: workers only.
final class SegmentStore: SpaceKeeper {
    let folder: Folder
    let device: any Device
    let index = DiskIndex()
    let table = SegmentTable()
    let space = Space()
    let capacity: Int
    let segmentSize: Int
    let now: @Sendable () -> Int64
    let log: Mutex<SegmentLog>
    let nextBody: Atomic<UInt64>
    let snapshots: Mutex<SnapshotState>
    /// What is wrong with saving the index; its breaker keeps nobody away.
    let saving: Guard
    let logger: Logger
    /// What the start found.
    let opening: DiskTier.Opening
    /// One sync at a time: whoever comes behind one finds its work done.
    private let syncing = Mutex(())
    let folderHold: HeldFolder

    init(_ configuration: DiskTier.Configuration, logger: Logger) throws(DiskError) {
        guard configuration.size >= DiskTier.Configuration.minimumSize else {
            throw DiskError(kind: .tooSmall, path: configuration.path, errno: 0, action: "open")
        }
        folder = Folder(path: configuration.path)
        device = configuration.device
        self.logger = logger
        now = configuration.now
        capacity = configuration.size
        segmentSize = configuration.effectiveSegmentSize
        saving = Guard(
            "save its index", path: configuration.path, holdMilliseconds: configuration.troubleMilliseconds,
            logger: logger)
        folderHold = try HeldFolder(folder, on: device, logger: logger)
        try Self.dropOtherFormat(folder, device, logger)
        var log = SegmentLog(
            folder: folder, folderHold: folderHold, device: device, index: index, table: table, space: space,
            capacity: capacity,
            segmentSize: segmentSize, logger: logger)
        let began = Clock.monotonic()
        let report = try log.recover(now: configuration.now())
        logger.info(
            "disk tier opened",
            metadata: [
                "path": "\(folder.path)", "records": "\(report.records)", "segments": "\(report.segments)",
                "torn": "\(report.tornSegments)", "orphans": "\(report.orphanBodies)",
                "evicted": "\(report.evictedSegments)", "bytes": "\(space.used)",
                "index": "\(report.index.map { "dropped: " + $0.rawValue } ?? "used")", "scanned": "\(log.written)",
                "milliseconds": "\(Clock.monotonic() - began)",
            ])
        opening = DiskTier.Opening(
            indexProblem: report.index?.rawValue, scanned: Int(log.written),
            evictedSegments: report.evictedSegments)
        nextBody = Atomic(log.nextBody)
        snapshots = Mutex(SnapshotState(bytes: report.indexBytes))
        self.log = Mutex(log)
    }

    private static func dropOtherFormat(_ folder: Folder, _ device: any Device, _ logger: Logger) throws(DiskError) {
        let found = FormatFile.read(folder, on: device)
        guard found != .ours else { return }
        var dropped = 0
        _ = device.unlink(folder.index)
        for number in try folder.segmentNumbers() { dropped += device.unlink(folder.segment(number)) == 0 ? 1 : 0 }
        for number in try folder.bodyNumbers() { dropped += device.unlink(folder.body(number)) == 0 ? 1 : 0 }
        if case .other(let line) = found {
            logger.notice(
                "disk tier has another format, its files were dropped",
                metadata: ["path": "\(folder.path)", "found": "\(line)", "files": "\(dropped)"])
        }
        try FormatFile.write(folder, on: device)
    }

    /// The place of a new body. Never blocks.
    func makeBody() -> BodyPlace {
        let number = nextBody.wrappingAdd(1, ordering: .relaxed).oldValue
        let path = folder.body(number)
        let (folderHold, device) = (folderHold, device)
        return BodyPlace(
            number: number, open: { () throws(FileFailure) in try folderHold.create(path) },
            unlink: { _ = device.unlink(path) })
    }

    func reserve(_ bytes: Int) -> Bool {
        log.withLock { log in
            guard log.makeRoom(bytes, now: now()) else { return false }
            log.held += bytes
            log.space.used += bytes
            return true
        }
    }

    func release(_ bytes: Int) {
        log.withLock { log in
            log.held -= bytes
            log.space.used -= bytes
        }
    }

    func makeWay(forBody length: Int, isKnown: Bool, written: Int) -> Bool {
        log.withLock { log in
            log.meetEnd()
            // Of unknown length it may come to nothing yet: not for all there is.
            guard length <= (space.used - log.held + written) / 2, isKnown || log.hasSeveral else { return false }
            return log.dropOldest(now: now())
        }
    }

    /// Makes what was appended durable. Runs beside writing.
    func sync() throws(FileFailure) {
        let failure = syncing.withLock { _ in syncAll() }
        if let failure { throw failure }
    }

    private func syncAll() -> FileFailure? {
        let dirty = log.withLock { log in
            defer { log.dirty = [:] }
            return Array(log.dirty.values)
        }
        var failure: FileFailure?
        for segment in dirty {
            do throws(FileFailure) {
                try segment.file.sync()
            } catch {
                failure = error
                log.withLock { if $0.table[segment.number] != nil { $0.dirty[segment.number] = segment } }
            }
        }
        return failure
    }

    /// After the last write. The folder is free for another process.
    func close() {
        if !snapshot() { try? sync() }
        folderHold.giveFree()
    }
}
