internal import CHiredis
internal import CacheModel
internal import NIOCore

/// Bytes in, replies out: `ReplyGuard` in front of hiredis' reader. Belongs to one connection and its event loop.
///
/// The reader gets exactly one top-level reply at a time. So it never holds bytes behind a reply, which it would move
/// to the front after each one, and a large reply is copied once into the reader and once into its own storage.
package struct ReplyParser: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private var check: ReplyGuard
    /// The part of a length line that came before it was known whether the reply is wanted; at most 22 bytes.
    private var held: [UInt8] = []

    package init(limits: ReplyLimits) {
        check = ReplyGuard(limits: limits)
        guard let reader = redisReaderCreateWithFunctions(ReplyFactory.functions) else {
            preconditionFailure("no memory for a Redis reply reader")
        }
        self.reader = reader
        // The reader gives a larger empty buffer back before the next reply. hiredis asks for up to twice what it
        // needs, or 1 MB more: below that bound every large reply would start from nothing again.
        reader.pointee.maxbuf = min(limits.maxBulk + (1 << 20) + (64 << 10), 8 << 20)
    }

    deinit { redisReaderFree(reader) }

    /// Appends the replies that the bytes complete. After a throw the parser is of no more use.
    package mutating func parse(_ bytes: UnsafeRawBufferPointer, into replies: inout [Reply]) throws(ReplyFault) {
        var rest = bytes
        while !rest.isEmpty {
            let progress = try check.scan(rest)
            let part = UnsafeRawBufferPointer(rebasing: rest[..<progress.count])
            rest = UnsafeRawBufferPointer(rebasing: rest[progress.count...])
            if check.isUndecided {
                held.append(contentsOf: part)
            } else if check.skipping != nil {
                held.removeAll(keepingCapacity: true)
                if progress.complete, let length = check.takeSkipped() { replies.append(.oversize(length)) }
            } else {
                try feed(part)
                if progress.complete { replies.append(try takeReply()) }
            }
        }
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
            default: .bulk(ByteBuffer.exact(count: bytes.count) { $0.copyMemory(from: bytes) })
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
