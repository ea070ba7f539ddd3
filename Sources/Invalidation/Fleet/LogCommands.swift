/// A record of a log, by which an instance knows that log again: `n` alone may have been issued twice.
package struct AppliedMark: Sendable, Hashable {
    package var epoch: UInt64
    package var n: UInt64
    /// Of record `n`; nil when it is not known, or `n` is 0.
    package var nonce: UInt64?

    package init(epoch: UInt64, n: UInt64, nonce: UInt64?) {
        self.epoch = epoch
        self.n = n
        self.nonce = nonce
    }

    package var position: Position { Position(epoch: epoch, n: n) }
}

/// What the follower asks of the log's home. Each is answered, or fails, before the next goes out.
package enum LogCommand: Sendable, Equatable {
    /// A write: announces this instance; begins the log's life where there is none. Answered with `ContactReply`.
    case contact(ContactRequest)
    /// What is in the feed after `n`, waiting so long for something to come. Answered with `[FeedItem]`.
    case read(after: UInt64, waitMilliseconds: Int64)
    /// A part of the table. Answered with `ScanReply`.
    case scan(cursor: [UInt8])
    /// Compare and set: a new life, if `old` is still the log's. Answered with nothing.
    case replaceEpoch(old: UInt64, new: UInt64)
}

package struct ContactRequest: Sendable, Equatable {
    /// Where this instance stands.
    package var applied: Position
    /// The record whose nonce it wants to see.
    package var mark: UInt64
    /// The epoch to begin with, if the log has none.
    package var newEpoch: UInt64
}

package struct ContactReply: Sendable, Equatable {
    package var epoch: UInt64
    package var n: UInt64
    package var floor: UInt64
    /// Of the record at `ContactRequest.mark`, if the feed has it.
    package var nonceAtMark: UInt64?
    /// Of the record at `n`, if the feed has it.
    package var newestNonce: UInt64?

    package init(epoch: UInt64, n: UInt64, floor: UInt64, nonceAtMark: UInt64?, newestNonce: UInt64?) {
        self.epoch = epoch
        self.n = n
        self.floor = floor
        self.nonceAtMark = nonceAtMark
        self.newestNonce = newestNonce
    }
}

/// An element of the feed.
package struct FeedItem: Sendable, Equatable {
    package var epoch: UInt64
    package var n: UInt64
    package var nonce: UInt64
    /// Nil where an epoch began.
    package var record: InvalidationRecord?

    package init(epoch: UInt64, n: UInt64, nonce: UInt64, record: InvalidationRecord?) {
        self.epoch = epoch
        self.n = n
        self.nonce = nonce
        self.record = record
    }
}

package struct ScanReply: Sendable, Equatable {
    /// Nil: it was the last part.
    package var cursor: [UInt8]?
    package var marks: [(selector: Selector, marks: SelectorMarks)]

    package init(cursor: [UInt8]?, marks: [(selector: Selector, marks: SelectorMarks)]) {
        self.cursor = cursor
        self.marks = marks
    }

    package static func == (a: ScanReply, b: ScanReply) -> Bool {
        a.cursor == b.cursor && a.marks.elementsEqual(b.marks, by: ==)
    }
}

/// What the log's table holds of one selector: the newest records of each sort (rule 10), by `n` and the milliseconds
/// since 1970 when they were accepted; 0: none.
package struct SelectorMarks: Sendable, Hashable {
    package struct Mark: Sendable, Hashable {
        package var n: UInt64
        package var acceptedAt: Int64

        package init(n: UInt64 = 0, acceptedAt: Int64 = 0) {
            self.n = n
            self.acceptedAt = acceptedAt
        }
    }

    package var hard: Mark
    package var soft: Mark
    package var unsafeMethod: Mark

    package init(hard: Mark = Mark(), soft: Mark = Mark(), unsafeMethod: Mark = Mark()) {
        self.hard = hard
        self.soft = soft
        self.unsafeMethod = unsafeMethod
    }

    /// Adds a record, in any order and as often as one likes: the outcome is the same.
    package mutating func note(_ mode: InvalidationMode, _ cause: InvalidationCause, _ mark: Mark) {
        switch (mode, cause) {
        case (.hard, .purge):
            guard mark.n > hard.n else { return }
            hard = mark
            if soft.n < mark.n { soft = Mark() }
            if unsafeMethod.n < mark.n { unsafeMethod = Mark() }
        case (.hard, .unsafeMethod):
            if mark.n > unsafeMethod.n, mark.n > hard.n { unsafeMethod = mark }
        case (.soft, _):
            if mark.n > soft.n, mark.n > hard.n { soft = mark }
        }
    }

    package var newest: UInt64 { max(hard.n, soft.n, unsafeMethod.n) }
}
