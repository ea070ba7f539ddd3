internal import Synchronization

/// number → open segment, for the readers. The log changes it.
final class SegmentTable: Sendable {
    private let segments = Mutex<[UInt32: Segment]>([:])

    subscript(number: UInt32) -> Segment? {
        get { segments.withLock { $0[number] } }
        set { segments.withLock { $0[number] = newValue } }
    }
}
