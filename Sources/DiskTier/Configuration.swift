internal import CacheModel

extension DiskTier {
    /// How a disk tier is made. Sizes are bytes, durations milliseconds.
    package struct Configuration: Sendable {
        /// The folder, made when it is missing, with those above it. One process at a time.
        package var path: String
        /// What all files of the folder may occupy together: segments, bodies, spools in progress.
        package var size: Int
        /// Bodies above this are refused.
        package var maxObject: Int
        /// How old written bytes get at most before they are synced.
        package var syncMilliseconds: Int64 = 1_000
        /// How often the index is saved, so that a start need not look through the segments.
        package var snapshotMilliseconds: Int64 = 30_000
        /// Nil: computed from `size`, 64 MB for most.
        package var segmentSize: Int?
        /// Bytes of records that wait to be written; above it writes are dropped and counted.
        package var writeQueueBytes = 64 << 20
        /// Reads that wait for a worker; above it the tier answers `.queueFull`.
        package var readQueueLength = 4_096
        package var readThreads = 3
        /// Time budget of a lookup.
        package var readMilliseconds: Int64 = 500
        /// Time budget of one piece of a body, whose head went out already.
        package var pieceMilliseconds: Int64 = 10_000
        /// Time budget of a write or removal, its wait in the queue included.
        package var writeMilliseconds: Int64 = 10_000
        /// How long nothing must fail before a disk that was full or failing counts as well again.
        package var troubleMilliseconds: Int64 = 10_000
        /// Wall-clock milliseconds since 1970; expiry is judged by it.
        package var now: @Sendable () -> Int64 = { Clock.wall() }
        /// What the files are touched through.
        package var device: any Device = SystemDevice()

        package init(path: String, size: Int, maxObject: Int) {
            self.path = path
            self.size = size
            self.maxObject = maxObject
        }

        /// The least `size`: eight of the smallest segments.
        package static let minimumSize = 8 * minimumSegment
        static let minimumSegment = 16 << 10

        /// At least eight segments, at most about a thousand, 64 MB each where that fits.
        var effectiveSegmentSize: Int {
            if let segmentSize { return min(max(segmentSize, Self.minimumSegment), size / 8, 1 << 30) }
            return min(max(64 << 20, size / 1_024), size / 8, 1 << 30)
        }
    }
}

/// Why the folder can't be opened. For people: it names the path and, where the system refused, what it said.
package struct DiskError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// Another process works on the folder.
        case locked
        /// The system refused: `errno` says why.
        case system
        /// `size` is below `Configuration.minimumSize`.
        case tooSmall = "too_small"
    }

    package var kind: Kind
    package var path: String
    /// 0 unless `kind` is `.system`.
    package var errno: Int32
    /// What was tried, in words.
    package var action: String

    /// What calls of a tier whose folder is in this state come to.
    var tierFailure: TierFailure {
        switch kind {
        case .locked: .refused
        case .system: FileFailure.system(errno).tierFailure
        case .tooSmall: .full
        }
    }

    package var description: String {
        switch kind {
        case .locked: "the disk tier's folder \(path) is in use by another process"
        case .tooSmall: "the disk tier at \(path) needs a size of at least \(DiskTier.Configuration.minimumSize) bytes"
        case .system: "the disk tier can't \(action) \(path): \(Self.text(ofErrno: errno)) (errno \(errno))"
        }
    }
}
