package import HTTPCaching
package import HTTPMessage
package import NIOCore
internal import Synchronization

/// One complete response as the tiers keep it: immutable but for the mark of how far invalidations were checked and the
/// time of the last use. A reference to one allocation (`ResponseBlock`); copies are the same entry.
package struct StoredResponse: @unchecked Sendable {
    // Safe because the block is written before `init` returns and freed with its last reference; what changes
    // afterwards, `checkedBelow` and `lastUse`, is atomic.

    package let block: ResponseBlock

    package init(_ block: ResponseBlock) { self.block = block }

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
        self = key.bytes.withUnsafeBytes { key in
            selection.withUnsafeBytes { selection in
                fields.withUnsafeBytes { fields in
                    tags.withUnsafeBytes { tags in
                        StoredResponse(
                            meta: meta, keyBytes: key, selection: selection, fields: fields, etag: etag, tags: tags,
                            body: body)
                    }
                }
            }
        }
    }

    /// The same from bytes that lie anywhere; they are copied.
    package init(
        meta: ResponseMeta, keyBytes key: UnsafeRawBufferPointer, selection: UnsafeRawBufferPointer,
        fields: UnsafeRawBufferPointer, etag: Range<Int>?, tags: UnsafeRawBufferPointer, body: StoredBody
    ) {
        var inline = ByteBuffer()
        var isInline = false
        switch body {
        case .inline: isInline = true
        case .chunk(let bytes) where bytes.readableBytes <= Self.inlineLimit: (inline, isInline) = (bytes, true)
        case .chunk, .external: break
        }
        let lengths = PartLengths(
            key: key.count, selection: selection.count, fields: fields.count, tags: tags.count,
            inline: inline.readableBytes, etagStart: etag?.lowerBound ?? 0, etagLength: etag?.count ?? 0)
        let packed = PackedHead(meta, lengths, .shared)
        var head = packed ?? PackedHead()
        if packed == nil { head.flags = PackedHead.isWide }
        if !isInline { head.flags |= PackedHead.isOutside }
        head.lastUse = UseClock.tick(meta.requestTime)
        let start = BlockLayout.bytes(flags: head.flags)
        let made = ResponseBlock.create(minimumCapacity: start + lengths.total - BlockLayout.headEnd) { _ in head }
        let block = unsafeDowncast(made, to: ResponseBlock.self)
        block.ownID?.initialize(to: meta.entryID)
        block.outsideBody?.initialize(to: body)
        block.wide?.initialize(to: WideHead(meta: meta, lengths: lengths))
        var at = block.bytes
        func copy(_ part: UnsafeRawBufferPointer) {
            if let from = part.baseAddress { at.copyMemory(from: from, byteCount: part.count) }
            at += part.count
        }
        copy(key)
        copy(selection)
        copy(fields)
        copy(tags)
        inline.withUnsafeReadableBytes { copy($0) }
        self.block = block
    }

    /// Bytes that this entry occupies, its allocations' overhead included; an external body counts nothing.
    package var footprint: Int {
        if case .chunk(let bytes) = body { return block.allocated + bytes.readableBytes + 112 }
        return block.allocated + 16
    }
}

/// Whether both are the same entry, not only equal ones.
package func === (one: StoredResponse?, other: StoredResponse?) -> Bool { one?.block === other?.block }
package func !== (one: StoredResponse?, other: StoredResponse?) -> Bool { one?.block !== other?.block }

/// A coarse clock that tells recent uses from old ones: a tick is 65.5 seconds, so that hardly any use writes.
package enum UseClock {
    package static func tick(_ now: Timestamp) -> UInt32 { UInt32(truncatingIfNeeded: now.milliseconds >> 16) }
}

extension StoredResponse {
    /// Every change of this process's table with a stamp below this was looked at and does not select this entry
    /// (invalidation.md rule 5). 0: never looked. Only ever raised; lives in memory only. Any thread.
    @inline(__always)
    package var checkedBelow: UInt64 { mark.pointee.load(ordering: .relaxed) }

    package func raiseCheckedBelow(to value: UInt64) {
        var seen = checkedBelow
        while seen < value {
            let (exchanged, original) = mark.pointee.weakCompareExchange(
                expected: seen, desired: value, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }

    /// Notes a use. Any thread.
    @inline(__always)
    package func use(tick: UInt32) {
        if lastUse.pointee.load(ordering: .relaxed) != tick { lastUse.pointee.store(tick, ordering: .relaxed) }
    }

    /// Whether it was used at that tick or after it.
    package func wasUsed(since tick: UInt32) -> Bool {
        Int32(bitPattern: lastUse.pointee.load(ordering: .relaxed) &- tick) >= 0
    }

    // An `Atomic` has the layout of its value, and these fields of the head are touched through it alone.

    @inline(__always)
    private var mark: UnsafeMutablePointer<Atomic<UInt64>> {
        (UnsafeMutableRawPointer(block.head) + Self.markOffset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @inline(__always)
    private var lastUse: UnsafeMutablePointer<Atomic<UInt32>> {
        (UnsafeMutableRawPointer(block.head) + Self.lastUseOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inline(__always) private static var markOffset: Int { MemoryLayout<PackedHead>.offset(of: \.checkedBelow) ?? 0 }
    @inline(__always) private static var lastUseOffset: Int { MemoryLayout<PackedHead>.offset(of: \.lastUse) ?? 0 }
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

    @inlinable package var key: UnsafeRawBufferPointer { block.key }
    @inlinable package var selection: UnsafeRawBufferPointer { block.selection }
    /// `Name: value\r\n` lines, ready to be copied into an HTTP/1.1 head.
    @inlinable package var fields: UnsafeRawBufferPointer { block.fields }
    /// Packed tags: a varint length and the bytes of each.
    @inlinable package var tags: UnsafeRawBufferPointer { block.tags }
    @inlinable package var inlineBody: UnsafeRawBufferPointer { block.inlineBody }

    /// The value of `ETag`, empty when there is none.
    package var etag: UnsafeRawBufferPointer {
        let lengths = block.lengths
        return UnsafeRawBufferPointer(rebasing: fields[lengths.etagStart..<lengths.etagStart + lengths.etagLength])
    }

    package var etagRange: Range<Int>? {
        let lengths = block.lengths
        return lengths.etagLength == 0 ? nil : lengths.etagStart..<lengths.etagStart + lengths.etagLength
    }

    /// Where the body's bytes are.
    package var body: StoredBody { block.outsideBody?.pointee ?? .inline }

    package var bodyLength: Int {
        switch body {
        case .inline: inlineBody.count
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

extension StoredResponse {
    /// All the facts. Who needs one of those below in a hurry takes that.
    package var meta: ResponseMeta { block.meta }

    @inline(__always)
    package var freshness: Freshness { block.isWide ? meta.freshness : block.head.pointee.freshness }

    @inline(__always)
    package var status: UInt16 { block.isWide ? meta.status : block.head.pointee.status }

    package var entryID: UInt64 { block.ownID?.pointee ?? meta.entryID }
}
