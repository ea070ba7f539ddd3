/// Where a body's own file is to be, before it is there.
struct BodyPlace: Sendable {
    /// 0 for a file without a name.
    var number: UInt64
    /// Makes the file. Blocks.
    var open: @Sendable () throws(FileFailure) -> OpenFile
    /// Takes the file's name away; who has it open goes on. Blocks.
    var unlink: @Sendable () -> Void
}

/// A body that lies complete in a file that no record speaks of yet.
struct WrittenBody: Sendable {
    var place: BodyPlace
    var file: OpenFile
    var pieces: PieceTable
}
