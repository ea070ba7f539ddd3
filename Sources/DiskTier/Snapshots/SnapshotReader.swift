internal import CacheModel

/// Reads a snapshot file, block by block; nothing of a block is given out before its checksum holds. Blocks; one thread.
struct SnapshotReader {
    let header: SnapshotHeader
    /// Bytes of the file.
    let size: Int
    private let file: OpenFile
    private var at = SnapshotFormat.headerLength

    init(_ path: String, on device: any Device) throws(SnapshotProblem) {
        do throws(FileFailure) {
            file = try OpenFile(path, .read, on: device)
            size = try file.size()
        } catch {
            throw error.isMissing ? .missing : .broken
        }
        guard let bytes = try? file.read(count: SnapshotFormat.headerLength, at: 0) else { throw .broken }
        header = try SnapshotHeader(bytes)
    }

    struct Block {
        var shard: Int
        var count: Int
        var payload: [UInt8]
    }

    /// The next block, which must be of this kind.
    mutating func block(_ kind: SnapshotFormat.Block) throws(SnapshotProblem) -> Block {
        guard let header = try? file.read(count: SnapshotFormat.blockHeaderLength, at: at) else { throw .broken }
        let (found, count, shard) = header.withUnsafeBytes {
            (BigEndian.word32($0, 0), Int(BigEndian.word32($0, 4)), Int(BigEndian.word32($0, 8)))
        }
        let start = at + SnapshotFormat.blockHeaderLength
        let (length, overflow) = count.multipliedReportingOverflow(by: kind.itemLength)
        guard found == kind.rawValue, !overflow, length <= size - start,
            let payload = try? file.read(count: length, at: start),
            payload.withUnsafeBytes({
                SnapshotFormat.blockHeader(kind, shard: shard, count: count, payload: $0)
            }) == header, shard < DiskIndex.shardCount
        else { throw .broken }
        at = start + length
        return Block(shard: shard, count: count, payload: payload)
    }

    /// Nothing stands behind the last block.
    var isAtEnd: Bool { at == size }
}
