internal import CacheModel

/// Writes a snapshot file, block by block, and asks for the room of each. Blocks; one thread.
struct SnapshotWriter: ~Copyable {
    private let file: OpenFile
    private let reserve: (Int) -> Bool
    /// Bytes written, for all of which room was taken.
    private var length = 0
    private var syncedBack = 0

    /// - Parameter reserve: takes room; false: there is none.
    init(_ file: OpenFile, reserve: @escaping (Int) -> Bool) throws(FileFailure) {
        self.file = file
        self.reserve = reserve
        guard reserve(SnapshotFormat.headerLength) else { throw .noRoom }
        length = SnapshotFormat.headerLength
    }

    mutating func block(
        _ kind: SnapshotFormat.Block, shard: Int = 0, count: Int, _ payload: [UInt8]
    ) throws(FileFailure) {
        let header = payload.withUnsafeBytes {
            SnapshotFormat.blockHeader(kind, shard: shard, count: count, payload: $0)
        }
        guard reserve(header.count + payload.count) else { throw .noRoom }
        let at = length
        length += header.count + payload.count
        try file.write(header, at: at)
        if !payload.isEmpty { try file.write(payload, at: at + header.count) }
        // A little at a time, so that the sync at the end is not one long burst before the device.
        guard length - syncedBack >= Self.writeback else { return }
        file.startWriteback(from: syncedBack, count: length - syncedBack)
        syncedBack = length
    }

    mutating func records(_ slots: [IndexSlot], ofShard shard: Int) throws(FileFailure) {
        let count = slots.count * IndexSlot.encodedLength
        let payload = [UInt8](unsafeUninitializedCapacity: count) { memory, filled in
            let raw = UnsafeMutableRawBufferPointer(memory)
            for (number, slot) in slots.enumerated() { slot.encode(into: raw, at: number * IndexSlot.encodedLength) }
            filled = count
        }
        try block(.records, shard: shard, count: slots.count, payload)
    }

    /// The header last: without it the file is no snapshot.
    func finish(_ header: SnapshotHeader) throws(FileFailure) {
        try file.write(header.encoded(), at: 0)
        try file.sync()
    }

    private static let writeback = 4 << 20
}
