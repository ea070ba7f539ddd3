import CacheModel
import DiskTier
import Logging
import NIOCore
import TestSupport

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

var loop: TestLoop { TestLoop.shared[0] }

/// Small segments, so that a few records make many of them.
func open(
    _ folder: TemporaryFolder, size: Int = 1 << 20, segment: Int? = nil, logger: Logger = quiet,
    _ change: (inout DiskTier.Configuration) -> Void = { _ in }
) throws(DiskError) -> DiskTier {
    var configuration = DiskTier.Configuration(path: folder.path + "/cache", size: size, maxObject: 1 << 40)
    configuration.segmentSize = segment
    configuration.readMilliseconds = 20_000
    configuration.writeMilliseconds = 30_000
    change(&configuration)
    return try DiskTier(configuration, logger: logger)
}

extension DiskTier {
    func get(_ key: TierKey) async -> TierRead { await once(on: loop) { self.read(key, on: loop, $0) } }

    func put(_ key: TierKey, _ response: StoredResponse, ttl: Int64 = 3_600_000) async -> TierWrite {
        await once(on: loop) {
            self.write(.response(response), key: key, ttlMilliseconds: ttl, on: loop, $0)
        }
    }

    func put(
        _ key: TierKey, body: [UInt8], n: UInt64 = 1, entryID: UInt64 = 1, ttl: Int64 = 3_600_000
    ) async -> TierWrite {
        await put(key, makeResponse(key, body: body, n: n, entryID: entryID), ttl: ttl)
    }

    func delete(_ key: TierKey, entryID: UInt64? = nil) async -> Bool? {
        await once(on: loop) { self.remove(key, entryID: entryID, on: loop, $0) }
    }

    func file(_ spool: any BodySpool, key: TierKey, n: UInt64 = 1) async -> TierWrite {
        await once(on: loop) {
            self.commit(
                spool, as: makeResponse(key, body: [], n: n), key: key, ttlMilliseconds: 3_600_000, on: loop, $0)
        }
    }

    func stop() async {
        await withCheckedContinuation { done in self.shutdown(withinMilliseconds: 30_000) { done.resume() } }
    }

    /// The body that is filed under the key; nil: a miss, or a part of it could not be read.
    func body(_ key: TierKey) async -> [UInt8]? {
        guard case .hit(.response(let response)) = await get(key) else { return nil }
        return await bytes(of: response)
    }
}

/// All of a response's body.
func bytes(of response: StoredResponse, piece: Int = 200_000) async -> [UInt8]? {
    switch response.body {
    case .inline: return Array(response.inlineBody)
    case .chunk(let bytes): return Array(bytes.readableBytesView)
    case .external(let source):
        var found: [UInt8] = []
        while found.count < source.length {
            let at = found.count
            let part = await once(on: loop) { source.read(from: at, count: piece, on: loop, $0) }
            guard case .success(let bytes) = part, bytes.readableBytes > 0 else { return nil }
            found += Array(bytes.readableBytesView)
        }
        return found
    }
}

/// Appends the body in chunks as a fetch would: pausing above the high mark.
func feed(_ spool: any BodySpool, _ body: [UInt8], chunk: Int = 50_000) async {
    for at in stride(from: 0, to: body.count, by: chunk) {
        spool.append(ByteBuffer(bytes: body[at..<min(at + chunk, body.count)]))
        if spool.backlog > BodySpoolLimits.high {
            await once(on: loop) { done in spool.whenDrained(on: loop) { done(()) } }
        }
    }
}
