internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import NIOCore

/// Parts of one version of a body whose rest nobody asked for yet (RFC 9111 §3.3). Only what has a strong entity tag
/// is kept, so that all parts are of the same bytes.
struct PartialResponse: Sendable {
    struct Part: Sendable {
        var start: Int
        /// Never empty; exact-size storage, or a slice of one.
        var bytes: ByteBuffer
        var range: Range<Int> { start..<start + bytes.readableBytes }
    }

    /// The newest of the parts' heads, as that of a 200; its `asOf` is the oldest of theirs.
    private(set) var head: StoredHead
    /// Of the whole body.
    let completeLength: Int
    /// In order, disjoint, at least one.
    private(set) var parts: [Part]

    init(head: StoredHead, completeLength: Int, part: Part) {
        self.head = head
        self.completeLength = completeLength
        parts = [part]
    }

    var etag: ArraySlice<UInt8> { head.etag.map { head.fields[$0] } ?? [] }

    /// What it occupies, roughly.
    var footprint: Int {
        let bytes = parts.reduce(0) { $0 + $1.bytes.readableBytes + 128 }
        return bytes + head.fields.count + head.tags.count + head.key.primary.bytes.count + 1024
    }

    var isComplete: Bool { missing(in: 0..<completeLength) == nil }

    /// The least stretch that brings all of `range` that is not here; nil: all is.
    func missing(in range: Range<Int>) -> Range<Int>? {
        var start = range.lowerBound
        var end = range.upperBound
        for part in parts where part.range.contains(start) { start = part.range.upperBound }
        guard start < end else { return nil }
        for part in parts.reversed() where part.range.lowerBound < end && part.range.upperBound >= end {
            end = part.range.lowerBound
        }
        return start..<end
    }

    /// The bytes of `range`, all of which are here.
    func bytes(_ range: Range<Int>) -> [ByteBuffer] {
        parts.compactMap { part in
            let common = part.range.clamped(to: range)
            guard !common.isEmpty else { return nil }
            return part.bytes.getSlice(
                at: part.bytes.readerIndex + common.lowerBound - part.start, length: common.count)
        }
    }

    /// Adds the parts of a newer response of the same version (RFC 9110 §15.3.7.3, RFC 9111 §3.4). False when it is
    /// another version, or its place in the log can't be compared: nothing is added.
    mutating func combine(_ newer: PartialResponse) -> Bool {
        guard newer.completeLength == completeLength, newer.etag == etag,
            newer.head.meta.asOf.epoch == head.meta.asOf.epoch
        else { return false }
        let asOf = min(newer.head.meta.asOf.n, head.meta.asOf.n)
        let localNumber = min(newer.head.meta.localNumber, head.meta.localNumber)
        head = newer.head
        head.meta.asOf.n = asOf
        head.meta.localNumber = localNumber
        for part in newer.parts { add(part) }
        return true
    }

    /// Adds those bytes of the part that are not here yet.
    private mutating func add(_ part: Part) {
        while let gap = missing(in: part.range) {
            // The stretch may hold parts in its middle: up to the first of them, then once more.
            let end = parts.first { $0.start > gap.lowerBound && $0.start < gap.upperBound }?.start ?? gap.upperBound
            guard
                let bytes = part.bytes.getSlice(
                    at: part.bytes.readerIndex + gap.lowerBound - part.start, length: end - gap.lowerBound)
            else { return }
            let place = parts.firstIndex { $0.start > gap.lowerBound } ?? parts.count
            parts.insert(Part(start: gap.lowerBound, bytes: bytes), at: place)
        }
    }
}
