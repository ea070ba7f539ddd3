internal import CacheModel
internal import NIOCore

/// Reads parts of a body and verifies the pieces that they touch, so that a byte that is not what was written is never
/// served. Blocks; workers only.
struct PieceReader {
    let file: OpenFile
    /// Where in the file the body begins.
    let base: Int

    /// No read brings more than this.
    static let longest = 1 << 20

    /// The pieces that a read of `count` bytes from `offset` touches, in a body of `length` bytes.
    static func pieces(from offset: Int, count: Int, length: Int) -> Range<Int> {
        guard offset < length, count > 0 else { return 0..<0 }
        let end = offset + min(count, longest, length - offset)
        return offset / PieceTable.piece..<(end - 1) / PieceTable.piece + 1
    }

    /// - Parameters:
    ///   - checksums: of the touched pieces, in order; a piece beyond them is not verified (it is being written).
    ///   - length: of the body.
    func read(
        from offset: Int, count: Int, length: Int, checksums: ArraySlice<UInt32>
    ) throws(FileFailure) -> ByteBuffer {
        let pieces = Self.pieces(from: offset, count: count, length: length)
        guard !pieces.isEmpty else { return ByteBuffer() }
        let start = pieces.lowerBound * PieceTable.piece
        let end = min(pieces.upperBound * PieceTable.piece, length)
        var failure: FileFailure?
        var bytes = ByteBuffer.exact(count: end - start) { memory in
            do throws(FileFailure) {
                try file.read(into: memory, at: base + start)
                try Self.verify(UnsafeRawBufferPointer(memory), checksums)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        bytes.moveReaderIndex(forwardBy: offset - start)
        return bytes.readSlice(length: min(count, Self.longest, length - offset)) ?? ByteBuffer()
    }

    private static func verify(_ bytes: UnsafeRawBufferPointer, _ checksums: ArraySlice<UInt32>) throws(FileFailure) {
        var at = 0
        for checksum in checksums where at < bytes.count {
            let end = min(at + PieceTable.piece, bytes.count)
            guard RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: bytes[at..<end])) == checksum else {
                throw .corrupt
            }
            at = end
        }
    }
}
