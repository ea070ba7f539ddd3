package import HTTPMessage
internal import Invalidation
package import NIOCore
package import Synchronization

/// One complete response as the tiers keep it: immutable but for the mark of how far invalidations were checked.
///
/// Key, selection, field lines, tags and a small body lie in one exact-size allocation:
///
/// ```
/// | primary key | selection | "Name: value\r\n" … | tags: varint length, bytes … | body (when `.inline`) |
/// ```
package final class StoredResponse: @unchecked Sendable {
    // Safe because everything is a `let` of values, the allocation is written before `init` returns and freed in
    // `deinit`, and `checkedBelow` is atomic.

    package let meta: ResponseMeta
    /// Where the body's bytes are.
    package let body: StoredBody
    /// Every change of this process's table with a stamp below this was looked at and does not select this entry
    /// (invalidation.md rule 5). 0: never looked. Only ever raised; lives in memory only.
    package let checkedBelow = Atomic<UInt64>(0)

    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let keyEnd: UInt32
    @usableFromInline let selectionEnd: UInt32
    @usableFromInline let fieldsEnd: UInt32
    @usableFromInline let tagsEnd: UInt32
    @usableFromInline let inlineEnd: UInt32
    /// Where the entity tag's value lies in `fields`; length 0: none.
    @usableFromInline let etagStart: UInt32
    @usableFromInline let etagLength: UInt32
    /// When it was last found for a request, in ticks of `UseClock`. Beside the other half words: it costs no entry more.
    private let lastUse: Atomic<UInt32>

    /// Bodies up to this many bytes lie in the entry's own allocation and are copied into the answer; a larger one is
    /// written from where it is.
    package static let inlineLimit = 16 << 10

    /// - Parameters:
    ///   - fields: `Name: value\r\n` lines.
    ///   - etag: where in `fields` the value of `ETag` stands.
    ///   - tags: as `StoredResponse.packTags` makes them.
    ///   - body: complete; `.inline` is chosen here for small ones, so give `.chunk`s or `.external`.
    package init(
        meta: ResponseMeta, key: CacheKey, selection: [UInt8], fields: [UInt8], etag: Range<Int>?, tags: [UInt8],
        body: StoredBody
    ) {
        self.meta = meta
        var inline: ByteBuffer?
        if case .chunk(let bytes) = body, bytes.readableBytes <= Self.inlineLimit { inline = bytes }
        let parts = [key.bytes.count, selection.count, fields.count, tags.count, inline?.readableBytes ?? 0]
        let total = parts.reduce(0, +)
        precondition(total <= Int(UInt32.max), "a head above 4 GB never passes the limits")
        let base = UnsafeMutableRawPointer.allocate(byteCount: max(total, 1), alignment: 8)
        var at = 0
        for part in [key.bytes, selection, fields, tags] {
            part.withUnsafeBytes {
                if let from = $0.baseAddress { (base + at).copyMemory(from: from, byteCount: $0.count) }
            }
            at += part.count
        }
        if let inline {
            inline.withUnsafeReadableBytes {
                if let from = $0.baseAddress { (base + at).copyMemory(from: from, byteCount: $0.count) }
            }
        }
        self.base = base
        keyEnd = UInt32(parts[0])
        selectionEnd = keyEnd + UInt32(parts[1])
        fieldsEnd = selectionEnd + UInt32(parts[2])
        tagsEnd = fieldsEnd + UInt32(parts[3])
        inlineEnd = tagsEnd + UInt32(parts[4])
        etagStart = UInt32(etag?.lowerBound ?? 0)
        etagLength = UInt32(etag?.count ?? 0)
        self.body = inline == nil ? body : .inline
        lastUse = Atomic(UseClock.tick(meta.requestTime))
    }

    deinit { base.deallocate() }

    /// Bytes that this entry occupies, its allocations' overhead included; an external body counts nothing.
    package var footprint: Int {
        let objects = 16 + MemoryLayout<ResponseMeta>.stride + 64 + 32
        let outside: Int
        switch body {
        case .inline, .external: outside = 0
        case .chunk(let bytes): outside = bytes.readableBytes + 96
        }
        return objects + Int(inlineEnd) + outside
    }
}

/// A coarse clock that tells recent uses from old ones: a tick is 65.5 seconds, so that hardly any use writes.
package enum UseClock {
    package static func tick(_ now: Timestamp) -> UInt32 { UInt32(truncatingIfNeeded: now.milliseconds >> 16) }
}

extension StoredResponse {
    /// Notes a use. Any thread.
    @inline(__always)
    package func use(tick: UInt32) {
        if lastUse.load(ordering: .relaxed) != tick { lastUse.store(tick, ordering: .relaxed) }
    }

    /// Whether it was used at that tick or after it.
    package func wasUsed(since tick: UInt32) -> Bool {
        Int32(bitPattern: lastUse.load(ordering: .relaxed) &- tick) >= 0
    }
}

/// Where a stored body is.
package enum StoredBody: Sendable {
    /// In the entry's own allocation: `StoredResponse.inlineBody`.
    case inline
    /// In exact-size storage of its own, shared with whoever sends it (`ByteBuffer.exact`).
    case chunk(ByteBuffer)
    /// In a file; read in pieces.
    case external(any BodySource)
}

extension StoredResponse {
    // Each view is valid while the caller keeps the entry alive.

    @inlinable package var key: UnsafeRawBufferPointer { view(0, keyEnd) }
    @inlinable package var selection: UnsafeRawBufferPointer { view(keyEnd, selectionEnd) }
    /// `Name: value\r\n` lines, ready to be copied into an HTTP/1.1 head.
    @inlinable package var fields: UnsafeRawBufferPointer { view(selectionEnd, fieldsEnd) }
    /// Packed tags: a varint length and the bytes of each.
    @inlinable package var tags: UnsafeRawBufferPointer { view(fieldsEnd, tagsEnd) }
    @inlinable package var inlineBody: UnsafeRawBufferPointer { view(tagsEnd, inlineEnd) }
    /// The value of `ETag`, empty when there is none.
    @inlinable package var etag: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + Int(selectionEnd) + Int(etagStart), count: Int(etagLength))
    }
    package var etagRange: Range<Int>? {
        etagLength == 0 ? nil : Int(etagStart)..<Int(etagStart) + Int(etagLength)
    }

    @inlinable func view(_ from: UInt32, _ to: UInt32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + Int(from), count: Int(to - from))
    }

    package var bodyLength: Int {
        switch body {
        case .inline: Int(inlineEnd - tagsEnd)
        case .chunk(let bytes): bytes.readableBytes
        case .external(let source): source.length
        }
    }

    package static func packTags(_ tags: [[UInt8]]) -> [UInt8] {
        var packed: [UInt8] = []
        for tag in tags { CacheKey.append(tag, to: &packed) }
        return packed
    }
}
