internal import CHiredis
internal import CacheModel
internal import Glibc
@_spi(CustomByteBufferAllocator) internal import NIOCore

/// Bytes in, replies out: `ReplyGuard` in front of hiredis' reader. Belongs to one connection and its event loop.
///
/// A string that is a whole reply, which every record is, is copied from the socket's buffer to where it stays, as it
/// comes: no large value makes the loop stand still when its last byte arrives. All else goes through the reader, which
/// gets exactly one top-level reply at a time, so that it never holds bytes behind a reply.
package struct ReplyParser: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private var check: ReplyGuard
    /// The part of a length line that came before it was known whether the reply is wanted; at most 22 bytes.
    private var held: [UInt8] = []
    private var string: GatheredString?

    package init(limits: ReplyLimits) {
        check = ReplyGuard(limits: limits)
        guard let reader = redisReaderCreateWithFunctions(ReplyFactory.functions) else {
            preconditionFailure("no memory for a Redis reply reader")
        }
        self.reader = reader
        // The reader gives a larger empty buffer back before the next reply.
        reader.pointee.maxbuf = 64 << 10
    }

    deinit {
        string?.free()
        redisReaderFree(reader)
    }

    /// Appends the replies that the bytes complete. After a throw the parser is of no more use.
    package mutating func parse(_ bytes: UnsafeRawBufferPointer, into replies: inout [Reply]) throws(ReplyFault) {
        var rest = bytes
        while !rest.isEmpty {
            let progress = try check.scan(rest)
            let part = UnsafeRawBufferPointer(rebasing: rest[..<progress.count])
            rest = UnsafeRawBufferPointer(rebasing: rest[progress.count...])
            if check.isUndecided {
                held.append(contentsOf: part)
            } else if let count = check.gathering {
                held.removeAll(keepingCapacity: true)
                gather(part, of: count, isComplete: progress.complete, into: &replies)
            } else if check.skipping != nil {
                held.removeAll(keepingCapacity: true)
                if progress.complete, let length = check.takeSkipped() { replies.append(.oversize(length)) }
            } else {
                try feed(part)
                if progress.complete { replies.append(try takeReply()) }
            }
        }
    }

    /// The first call has the end of the length line, the others the string's bytes and the CRLF behind them.
    private mutating func gather(
        _ part: UnsafeRawBufferPointer, of count: Int, isComplete: Bool, into replies: inout [Reply]
    ) {
        guard var string else {
            let isLarge = check.limits.minLarge.map { count >= $0 } ?? false
            string = GatheredString(count: count, isLarge: isLarge)
            return
        }
        string.append(part)
        self.string = string
        guard isComplete else { return }
        replies.append(string.take())
        self.string = nil
        check.endGathering()
    }

    private mutating func feed(_ part: UnsafeRawBufferPointer) throws(ReplyFault) {
        if !held.isEmpty {
            let taken = held.withUnsafeBytes { Self.feed(reader, $0) }
            held.removeAll(keepingCapacity: true)
            guard taken else { throw .refusedByReader }
        }
        guard Self.feed(reader, part) else { throw .refusedByReader }
    }

    private static func feed(_ reader: UnsafeMutablePointer<redisReader>, _ part: UnsafeRawBufferPointer) -> Bool {
        guard let base = part.baseAddress, part.count > 0 else { return true }
        return redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), part.count) == REDIS_OK
    }

    private func takeReply() throws(ReplyFault) -> Reply {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK, let object else { throw .refusedByReader }
        // Safe because the factory made the object with `passRetained` and the reader handed it over.
        return Unmanaged<ReplyNode>.fromOpaque(object).takeRetainedValue().reply
    }
}

/// A reply while hiredis builds it.
private final class ReplyNode {
    var value: Reply
    var elements: [ReplyNode] = []

    init(_ value: Reply) { self.value = value }

    var reply: Reply {
        guard case .array = value else { return value }
        return .array(elements.map(\.reply))
    }
}

/// The functions by which hiredis makes replies: straight into Swift values, without its own `redisReply`.
private enum ReplyFactory {
    // Safe because it is written once, before anyone reads it, and hiredis only reads it.
    nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let table = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        table.initialize(
            to: redisReplyObjectFunctions(
                createString: { task, bytes, count in
                    ReplyFactory.string(task, UnsafeRawBufferPointer(start: bytes, count: count))
                },
                createArray: { task, _ in ReplyFactory.attach(.array([]), task) },
                createInteger: { task, value in ReplyFactory.attach(.integer(value), task) },
                createNil: { task in ReplyFactory.attach(.null, task) },
                freeObject: { object in
                    guard let object else { return }
                    Unmanaged<ReplyNode>.fromOpaque(object).release()
                }))
        return table
    }()

    static func string(
        _ task: UnsafePointer<redisReadTask>?, _ bytes: UnsafeRawBufferPointer
    ) -> UnsafeMutableRawPointer? {
        let reply: Reply =
            switch task?.pointee.type {
            case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
            case REDIS_REPLY_ERROR: .error(String(decoding: bytes, as: UTF8.self))
            default: .bulk(ByteBuffer(bytes: bytes))
            }
        return attach(reply, task)
    }

    /// Hands a new node to hiredis. The outermost one is retained for it; the others belong to the array that they
    /// are in, which hiredis keeps as their parent's object, and come in order.
    static func attach(_ value: Reply, _ task: UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? {
        let node = ReplyNode(value)
        guard let parent = chiredis_parent_object(task) else { return Unmanaged.passRetained(node).toOpaque() }
        Unmanaged<ReplyNode>.fromOpaque(parent).takeUnretainedValue().elements.append(node)
        return Unmanaged.passUnretained(node).toOpaque()
    }
}

/// A string on its way, in exactly as much memory as it takes. Whoever has it takes or frees it.
private struct GatheredString {
    private let memory: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var checksum: BodyChecksum?

    init(count: Int, isLarge: Bool) {
        checksum = isLarge ? BodyChecksum() : nil
        guard count > 0 else {
            memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = malloc(count) else { preconditionFailure("no memory for a Redis reply") }
        memory = UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Bytes that are copied before their checksum is taken, out of the nearest cache.
    private static let stretch = 16 << 10

    /// What is beyond the declared length is the line's end.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        var part = UnsafeRawBufferPointer(rebasing: part[..<min(part.count, memory.count - filled)])
        while !part.isEmpty {
            let count = checksum == nil ? part.count : min(part.count, Self.stretch)
            UnsafeMutableRawBufferPointer(rebasing: memory[filled...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: part[..<count]))
            part = UnsafeRawBufferPointer(rebasing: part[count...])
            filled += count
            checksum?.take(UnsafeRawBufferPointer(rebasing: memory[..<filled]))
        }
    }

    func take() -> Reply {
        guard memory.count > 0 else { return .bulk(ByteBuffer()) }
        // Safe because it was allocated with malloc(3), NIO's default allocator frees with free(3), all of it is
        // filled once the reply is complete, and nobody else has the pointer.
        let bytes = ByteBuffer(takingOwnershipOf: memory, allocator: ByteBufferAllocator())
        return checksum.map { .large(bytes, $0) } ?? .bulk(bytes)
    }

    func free() { Glibc.free(memory.baseAddress) }
}
