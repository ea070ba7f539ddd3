/// The checksum of a record's body, taken while the record comes in, so that the last byte of a large one does not bring
/// the work of all. What it says is believed only of a record whose head holds (`RecordCodec.decode`). Pure; any thread.
package struct BodyChecksum: Sendable, Equatable {
    /// Where the body begins, as the record's bytes say: nothing has checked them.
    private var start: Int?
    /// How far it is taken.
    private var end = 0
    private var checksum: UInt32 = 0

    package init() {}

    /// - Parameter bytes: all of the record that is here; never less, and no other bytes, than the time before.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        if start == nil {
            start = RecordCodec.claimedHeadLength(bytes)
            end = start ?? 0
        }
        guard start != nil, end < bytes.count else { return }
        checksum = RecordCodec.checksum(checksum, UnsafeRawBufferPointer(rebasing: bytes[end...]))
        end = bytes.count
    }

    /// The checksum of the bytes between the two places; nil when others were taken.
    func value(of body: Range<Int>) -> UInt32? {
        start == body.lowerBound && max(end, body.lowerBound) == body.upperBound ? checksum : nil
    }
}
