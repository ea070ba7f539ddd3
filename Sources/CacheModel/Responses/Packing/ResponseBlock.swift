/// The one allocation of a stored response: object, head, extras, bytes.
///
/// ```
/// | object 16 | PackedHead 74 | extras, from 96 on: entry id, StoredBody, WideHead, each if there is one |
/// | primary key | selection | "Name: value\r\n" … | tags: varint length, bytes … | body (when `.inline`) |
/// ```
/// All but the atomics of the head is written before anyone else has the object, and never again.
package final class ResponseBlock: ManagedBuffer<PackedHead, UInt8> {
    deinit {
        if let body = outsideBody { body.deinitialize(count: 1) }
    }
}

/// Where things lie in a block, from the front of its object.
enum BlockLayout {
    /// What Swift puts in front of every object: its type and its reference counts.
    static let object = 16
    static var headEnd: Int { object + MemoryLayout<PackedHead>.size }
    static var extras: Int { (headEnd + 7) & ~7 }

    static func bytes(flags: UInt8) -> Int {
        guard flags & PackedHead.hasExtras != 0 else { return headEnd }
        return wide(flags) + (flags & PackedHead.isWide == 0 ? 0 : MemoryLayout<WideHead>.stride)
    }

    static func body(_ flags: UInt8) -> Int { extras + (flags & PackedHead.hasOwnID == 0 ? 0 : 8) }

    static func wide(_ flags: UInt8) -> Int {
        body(flags) + (flags & PackedHead.isOutside == 0 ? 0 : MemoryLayout<StoredBody>.stride)
    }
}

extension ResponseBlock {
    /// Stays where it is as long as the object is alive: a block is never moved.
    @inlinable @inline(__always)
    var head: UnsafeMutablePointer<PackedHead> { withUnsafeMutablePointerToHeader { $0 } }

    /// Where the bytes begin when there are no extras.
    @inlinable @inline(__always)
    var tail: UnsafeMutableRawPointer { withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) } }

    @inline(__always)
    private func at(_ offset: Int) -> UnsafeMutableRawPointer { tail + (offset - BlockLayout.headEnd) }

    @usableFromInline var ownID: UnsafeMutablePointer<UInt64>? {
        let flags = head.pointee.flags
        guard flags & PackedHead.hasOwnID != 0 else { return nil }
        return at(BlockLayout.extras).assumingMemoryBound(to: UInt64.self)
    }

    @usableFromInline var outsideBody: UnsafeMutablePointer<StoredBody>? {
        let flags = head.pointee.flags
        guard flags & PackedHead.isOutside != 0 else { return nil }
        return at(BlockLayout.body(flags)).assumingMemoryBound(to: StoredBody.self)
    }

    var wide: UnsafeMutablePointer<WideHead>? {
        let flags = head.pointee.flags
        guard flags & PackedHead.isWide != 0 else { return nil }
        return at(BlockLayout.wide(flags)).assumingMemoryBound(to: WideHead.self)
    }

    @usableFromInline @inline(never)
    func bytesBehindExtras() -> UnsafeMutableRawPointer { at(BlockLayout.bytes(flags: head.pointee.flags)) }

    var lengths: PartLengths { wide?.pointee.lengths ?? head.pointee.lengths }

    /// A part of a block with a wide head, by its place among them.
    @usableFromInline @inline(never)
    func widePart(_ number: Int) -> UnsafeRawBufferPointer {
        let lengths = lengths
        let counts = [lengths.key, lengths.selection, lengths.fields, lengths.tags, lengths.inline]
        let start = counts[..<number].reduce(0, +)
        return UnsafeRawBufferPointer(start: bytesBehindExtras() + start, count: counts[number])
    }

    /// Bytes asked of the allocator for the object.
    package var allocated: Int { BlockLayout.bytes(flags: head.pointee.flags) + lengths.total }

    package var meta: ResponseMeta {
        if let wide { return wide.pointee.meta }
        return head.pointee.meta(entryID: ownID?.pointee, .shared)
    }
}

extension ResponseBlock {
    @inlinable @inline(__always)
    var bytes: UnsafeMutableRawPointer {
        head.pointee.flags & PackedHead.hasExtras == 0 ? tail : bytesBehindExtras()
    }

    @inlinable @inline(__always)
    var isWide: Bool { head.pointee.flags & PackedHead.isWide != 0 }

    @inlinable package var key: UnsafeRawBufferPointer {
        if isWide { return widePart(0) }
        return UnsafeRawBufferPointer(start: bytes, count: Int(head.pointee.keyLength))
    }

    @inlinable package var selection: UnsafeRawBufferPointer {
        if isWide { return widePart(1) }
        return UnsafeRawBufferPointer(
            start: bytes + Int(head.pointee.keyLength), count: Int(head.pointee.selectionLength))
    }

    /// Where the fields begin; for no wide head.
    @inlinable var fieldsStart: Int { Int(head.pointee.keyLength) + Int(head.pointee.selectionLength) }

    @inlinable package var fields: UnsafeRawBufferPointer {
        if isWide { return widePart(2) }
        return UnsafeRawBufferPointer(start: bytes + fieldsStart, count: Int(head.pointee.fieldsLength))
    }

    @inlinable package var tags: UnsafeRawBufferPointer {
        if isWide { return widePart(3) }
        return UnsafeRawBufferPointer(
            start: bytes + fieldsStart + Int(head.pointee.fieldsLength), count: Int(head.pointee.tagsLength))
    }

    @inlinable package var inlineBody: UnsafeRawBufferPointer {
        if isWide { return widePart(4) }
        return UnsafeRawBufferPointer(
            start: bytes + fieldsStart + Int(head.pointee.fieldsLength) + Int(head.pointee.tagsLength),
            count: Int(head.pointee.inlineLength))
    }
}
