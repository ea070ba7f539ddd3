/// Bounds on what a server may declare.
package struct ReplyLimits: Sendable, Equatable {
    /// Bytes of a bulk string that are taken in.
    package var maxBulk: Int
    /// A top-level bulk string up to this many bytes is skipped (`Reply.oversize`): an instance with a larger
    /// `max_object` may have stored it. Above: a fault.
    package var maxSkipped: Int
    /// Elements of one array.
    package var maxElements: Int
    /// Arrays in arrays; hiredis 0.14 goes down to 7.
    package var maxDepth: Int
    /// Bytes of a status or error line.
    package var maxLine: Int
    /// Top-level bulk strings of so many bytes or more come as `Reply.large`; nil: none.
    package var minLarge: Int?

    package init(
        maxBulk: Int, maxSkipped: Int, maxElements: Int = 1024, maxDepth: Int = 4, maxLine: Int = 16 << 10,
        minLarge: Int? = nil
    ) {
        self.maxBulk = maxBulk
        self.maxSkipped = max(maxBulk, maxSkipped)
        self.maxElements = maxElements
        self.maxDepth = min(maxDepth, 7)
        self.maxLine = maxLine
        self.minLarge = minLarge
    }
}

/// Walks the bytes of replies in front of hiredis, which believes every declared length: checks each length against
/// the limits and tells where each top-level reply ends. Sans I/O; keeps no bytes, only where it is.
struct ReplyGuard {
    let limits: ReplyLimits
    private var step: Step = .type
    /// Elements still to come of each open array, outermost first.
    private var open: [Int] = []
    /// The length of the top-level bulk string that is being passed over.
    private(set) var skipping: Int?
    /// The length of the top-level bulk string that is being taken in.
    private(set) var gathering: Int?

    init(limits: ReplyLimits) { self.limits = limits }

    fileprivate enum Step: Equatable {
        /// The next byte says what comes.
        case type
        /// In a status or error line, so many bytes in; the last was CR.
        case line(count: Int, carriageReturn: Bool)
        /// In the number of `:`, `$` or `*`.
        case number(type: UInt8, Number)
        /// In a bulk string: so many bytes to come, its CRLF included.
        case bulk(Int)
    }

    fileprivate struct Number: Equatable {
        var negative = false
        var digits = 0
        var value: Int64 = 0
        var carriageReturn = false
    }

    struct Progress: Equatable {
        /// Bytes taken from the front.
        var count: Int
        /// Whether they end a top-level reply.
        var complete: Bool
    }

    /// Looks at bytes up to the end of the current top-level reply, to where its bytes begin if it is one string, or to
    /// the end of `bytes`.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(ReplyFault) -> Progress {
        var at = 0
        while at < bytes.count {
            let ended: Bool
            if case .bulk(let left) = step {
                let take = min(left, bytes.count - at)
                // hiredis looks at the declared length only; a string that is not followed by CRLF is no RESP.
                try checkBulkEnd(bytes, at: at, take: take, left: left)
                at += take
                step = .bulk(left - take)
                ended = left == take
            } else {
                ended = try take(bytes[at])
                at += 1
                // Stops where a top-level string's bytes begin, so that they can be taken from there.
                if gathering != nil { return Progress(count: at, complete: false) }
            }
            if ended, endElement() { return Progress(count: at, complete: true) }
        }
        return Progress(count: at, complete: false)
    }

    /// Inside the length line of a top-level reply: whether the reply will be skipped is not known yet.
    var isUndecided: Bool {
        if case .number = step { return open.isEmpty }
        return false
    }

    /// After a complete reply: forgets that it was a string that was skipped or taken in.
    mutating func takeSkipped() -> Int? {
        defer { skipping = nil }
        return skipping
    }

    mutating func endGathering() { gathering = nil }

    private func checkBulkEnd(
        _ bytes: UnsafeRawBufferPointer, at: Int, take: Int, left: Int
    ) throws(ReplyFault) {
        // `left` counts down to the CRLF: its bytes are the ones with 2 and 1 left.
        if left >= 2, take >= left - 1, bytes[at + left - 2] != 0x0d { throw .badLineEnd }
        if take == left, bytes[at + left - 1] != 0x0a { throw .badLineEnd }
    }

    /// One byte outside of a bulk string. Returns whether it ends an element.
    private mutating func take(_ byte: UInt8) throws(ReplyFault) -> Bool {
        switch step {
        case .type:
            switch byte {
            case 0x2b, 0x2d: step = .line(count: 0, carriageReturn: false)
            case 0x3a, 0x24, 0x2a: step = .number(type: byte, Number())
            default: throw .unknownType
            }
            return false
        case .line(let count, let carriageReturn):
            if carriageReturn {
                guard byte == 0x0a else { throw .badLineEnd }
                return true
            }
            guard byte != 0x0a else { throw .badLineEnd }
            guard count < limits.maxLine else { throw .lineTooLong }
            step = .line(count: count + 1, carriageReturn: byte == 0x0d)
            return false
        case .number(let type, var number):
            if number.carriageReturn {
                guard byte == 0x0a else { throw .badLineEnd }
                return try declared(type, number.negative ? -number.value : number.value)
            }
            try number.take(byte)
            step = .number(type: type, number)
            return false
        case .bulk: return false  // taken in runs by `scan`
        }
    }

    /// A number line has ended. Returns whether that ends an element.
    private mutating func declared(_ type: UInt8, _ value: Int64) throws(ReplyFault) -> Bool {
        switch type {
        case 0x3a: return true
        case 0x24:
            guard value >= -1 else { throw .bulkTooLong }
            if value == -1 { return true }
            guard value <= Int64(open.isEmpty ? limits.maxSkipped : limits.maxBulk) else { throw .bulkTooLong }
            if value > Int64(limits.maxBulk) {
                skipping = Int(value)
            } else if open.isEmpty {
                gathering = Int(value)
            }
            step = .bulk(Int(value) + 2)
            return false
        default:
            guard value >= -1, value <= Int64(limits.maxElements) else { throw .arrayTooLong }
            if value <= 0 { return true }
            guard open.count < limits.maxDepth else { throw .tooDeep }
            open.append(Int(value))
            step = .type
            return false
        }
    }

    /// Returns whether the top-level reply is complete.
    private mutating func endElement() -> Bool {
        step = .type
        while let left = open.popLast() {
            if left > 1 {
                open.append(left - 1)
                return false
            }
        }
        return true
    }
}

extension ReplyGuard.Number {
    /// A digit, a leading minus or the CR. hiredis adds digits up unchecked: 18 of them always fit. Zeros in front
    /// are no server's.
    fileprivate mutating func take(_ byte: UInt8) throws(ReplyFault) {
        switch byte {
        case 0x30...0x39:
            guard digits < 18, digits == 0 || value > 0 else { throw .badNumber }
            value = value * 10 + Int64(byte - 0x30)
            digits += 1
        case 0x2d where digits == 0 && !negative: negative = true
        case 0x0d where digits > 0 && !(negative && value == 0): carriageReturn = true
        default: throw .badNumber
        }
    }
}
