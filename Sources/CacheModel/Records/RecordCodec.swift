internal import CPlatform
internal import Glibc
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
package import NIOCore

/// The one codec of records in Redis and on disk (design.md section 6). Bytes that come back are untrusted: every
/// length is checked before it is used, the checksum before anything else is believed, and the full key is compared.
/// Pure; any thread.
package enum RecordCodec {
    /// The whole record, body included (an external body can't be: it is filed beside its head).
    package static func encode(_ record: Record, key: TierKey) -> ByteBuffer {
        switch record {
        case .response(let response):
            let head = encodeHead(response, bodyLength: response.bodyLength, bodyChecksum: checksum(of: response))
            return ByteBuffer.exact(count: head.count + response.bodyLength) { memory in
                head.withUnsafeBytes { memory.baseAddress!.copyMemory(from: $0.baseAddress!, byteCount: head.count) }
                let body = UnsafeMutableRawBufferPointer(rebasing: memory[head.count...])
                switch response.body {
                case .inline: body.copyMemory(from: response.inlineBody)
                case .chunk(let bytes): bytes.withUnsafeReadableBytes { body.copyMemory(from: $0) }
                case .external: preconditionFailure("an external body is committed from its spool, never encoded")
                }
            }
        case .variants(let index):
            return ByteBuffer(bytes: encodeHead(index, key: key))
        }
    }

    /// The head alone, for a body that lies elsewhere.
    /// - Parameter flags: what its bytes there are.
    package static func encodeHead(
        _ response: StoredResponse, bodyLength: Int, bodyChecksum: UInt32, flags: RecordHead.Flags = []
    ) -> [UInt8] {
        let meta = response.meta
        var w = Writer(kind: .response, flags: flags)
        w.put(UInt64(bodyLength))
        w.put(bodyChecksum)
        w.put(meta.status)
        w.put(meta.freshness.rules.rawValue)
        w.put(UInt8(meta.tagsCut ? 1 : 0))
        w.put(meta.asOf.epoch)
        w.put(meta.asOf.n)
        w.put(meta.entryID)
        w.put(meta.instance)
        w.put(meta.localNumber)
        w.put(UInt64(bitPattern: meta.requestTime.milliseconds))
        w.put(UInt64(bitPattern: meta.freshness.responseTime.milliseconds))
        w.put(meta.freshness.initialAge)
        w.put(meta.freshness.lifetime)
        w.put(meta.freshness.staleWhileRevalidate)
        w.put(meta.freshness.staleIfError)
        w.put(UInt64(bitPattern: meta.lastModified?.milliseconds ?? .min))
        w.put(UInt32(response.key.count))
        w.put(UInt32(response.selection.count))
        w.put(UInt32(response.fields.count))
        w.put(UInt32(response.tags.count))
        w.put(UInt32(response.etagRange?.lowerBound ?? 0))
        w.put(UInt32(response.etagRange?.count ?? 0))
        for part in [response.key, response.selection, response.fields, response.tags] {
            w.bytes.append(contentsOf: part)
        }
        return w.sealed()
    }

    private static func encodeHead(_ index: VariantIndex, key: TierKey) -> [UInt8] {
        let names = StoredResponse.packTags(index.fieldNames)
        let selections = StoredResponse.packTags(index.selections)
        var w = Writer(kind: .variants)
        w.put(UInt64(0))
        w.put(UInt32(0))
        w.put(UInt32(0))
        w.put(index.asOf.epoch)
        w.put(index.asOf.n)
        w.put(index.entryID)
        w.bytes.append(contentsOf: [UInt8](repeating: 0, count: 112 - w.bytes.count))
        w.put(UInt32(key.primary.bytes.count))
        w.put(UInt32(0))
        w.put(UInt32(names.count))
        w.put(UInt32(selections.count))
        w.put(UInt64(0))
        for part in [key.primary.bytes, names, selections] { w.bytes.append(contentsOf: part) }
        return w.sealed()
    }

    /// CRC32C of a body that is in memory.
    package static func checksum(of response: StoredResponse) -> UInt32 {
        switch response.body {
        case .inline: cplatform_crc32c(0, response.inlineBody.baseAddress, response.inlineBody.count)
        case .chunk(let bytes): bytes.withUnsafeReadableBytes { cplatform_crc32c(0, $0.baseAddress, $0.count) }
        case .external: 0
        }
    }

    /// CRC32C continued over more bytes; start with 0.
    package static func checksum(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        cplatform_crc32c(crc, bytes.baseAddress, bytes.count)
    }

    // MARK: Decoding

    /// What the fixed part says, once lengths and checksum hold. `bytes` starts with the record; it may go on.
    /// - Parameter known: flags that the caller can deal with.
    package static func head(
        _ bytes: UnsafeRawBufferPointer, knowing known: RecordHead.Flags = []
    ) throws(RecordError) -> RecordHead {
        guard bytes.count >= RecordHead.fixedLength else { throw .truncated }
        guard word32(bytes, 0) == RecordHead.magic else { throw .badMagic }
        guard bytes[4] == RecordHead.version else { throw .otherVersion }
        guard let kind = RecordHead.Kind(rawValue: bytes[5]) else { throw .badLengths }
        let length = Int(word32(bytes, 8))
        guard length >= RecordHead.fixedLength, length <= RecordHead.maxLength else { throw .badLengths }
        guard length <= bytes.count else { throw .truncated }
        guard headChecksum(UnsafeRawBufferPointer(rebasing: bytes[..<length])) == word32(bytes, 12) else {
            throw .badChecksum
        }
        let flags = RecordHead.Flags(rawValue: UInt16(bytes[6]) << 8 | UInt16(bytes[7]))
        guard known.isSuperset(of: flags) else { throw .otherVersion }
        var sum = RecordHead.fixedLength
        for at in stride(from: 112, through: 124, by: 4) { sum += Int(word32(bytes, at)) }
        guard sum == length else { throw .badLengths }
        guard let bodyLength = Int(exactly: word64(bytes, 16)) else { throw .badLengths }
        guard kind == .response || bodyLength == 0 else { throw .badLengths }
        return RecordHead(
            kind: kind, flags: flags, length: length, bodyLength: bodyLength, bodyChecksum: word32(bytes, 24))
    }

    /// Where the body begins by what the first bytes of a record say, checked by nobody; nil when that is not among them.
    static func claimedHeadLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        bytes.count >= 12 ? Int(word32(bytes, 8)) : nil
    }

    /// The record in `bytes`, which is exactly one, if it is `key`'s. Verifies the body's checksum too.
    /// - Parameter taken: the checksum of what `bytes` are, where it was taken as they came.
    package static func decode(
        _ bytes: ByteBuffer, key: TierKey, taken: BodyChecksum? = nil
    ) throws(RecordError) -> Record {
        let view = bytes.readableBytesView
        let head: RecordHead = try bytes.withUnsafeReadableBytes { (raw) throws(RecordError) in
            let head = try Self.head(raw)
            // `head.length` is at most `raw.count`; the sum with a body length from outside could overflow.
            guard raw.count - head.length == head.bodyLength else { throw .truncated }
            let checksum =
                taken?.value(of: head.length..<raw.count)
                ?? checksum(0, UnsafeRawBufferPointer(rebasing: raw[head.length...]))
            guard checksum == head.bodyChecksum else { throw .badChecksum }
            return head
        }
        let body = bytes.getSlice(at: view.startIndex + head.length, length: head.bodyLength) ?? ByteBuffer()
        return try bytes.withUnsafeReadableBytes { (raw) throws(RecordError) in
            // Exact-size storage of its own: the record's buffer is not kept alive for a body, unless nearly all of it
            // is the body.
            let isCopied = head.bodyLength > StoredResponse.inlineLimit && head.length > head.bodyLength / 16
            let chunk = isCopied ? ByteBuffer.exact([body]) : body
            return try decode(raw, head: head, key: key, body: .chunk(chunk))
        }
    }

    /// The record whose head is in `bytes` and whose body is given, if it is `key`'s.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, head: RecordHead, key: TierKey, body: StoredBody
    ) throws(RecordError) -> Record {
        precondition(bytes.count >= head.length, "give the bytes that the head was read from")
        var at = RecordHead.fixedLength
        func part(_ lengthAt: Int) -> UnsafeRawBufferPointer {
            let count = Int(word32(bytes, lengthAt))
            defer { at += count }
            return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
        }
        let primary = part(112)
        let selection = part(116)
        let fields = part(120)
        let tags = part(124)
        guard isSame(primary, key.primary.bytes), isSame(selection, key.selection) else { throw .otherKey }
        let asOf = Position(epoch: word64(bytes, 32), n: word64(bytes, 40))
        switch head.kind {
        case .variants:
            guard let names = unpack(fields), let selections = unpack(tags) else { throw .badLengths }
            return .variants(
                VariantIndex(asOf: asOf, entryID: word64(bytes, 48), fieldNames: names, selections: selections))
        case .response:
            let etagStart = Int(word32(bytes, 128))
            let etagLength = Int(word32(bytes, 132))
            guard etagStart + etagLength <= fields.count, isPacked(tags) else { throw .badLengths }
            // They go into an answer's head as they are: what is no final status and no field line would break it.
            guard 200...599 ~= UInt16(bytes[28]) << 8 | UInt16(bytes[29]), FieldBlock.areLines(fields) else {
                throw .badHead
            }
            return .response(
                StoredResponse(
                    meta: meta(bytes, asOf: asOf), keyBytes: primary, selection: selection, fields: fields,
                    etag: etagLength == 0 ? nil : etagStart..<etagStart + etagLength, tags: tags, body: body))
        }
    }

    /// What a record's head says, whoever's it is; nil for a list of variants.
    package static func entry(_ bytes: UnsafeRawBufferPointer) throws(RecordError) -> TierEntry? {
        let head = try head(bytes)
        guard head.kind == .response else { return nil }
        var at = RecordHead.fixedLength
        func part(_ lengthAt: Int) -> [UInt8] {
            let count = Int(word32(bytes, lengthAt))
            defer { at += count }
            return Array(bytes[at..<at + count])
        }
        let key = TierKey(primary: CacheKey(bytes: part(112)), selection: part(116))
        _ = part(120)
        let tags = part(124)
        return TierEntry(
            key: key, meta: meta(bytes, asOf: Position(epoch: word64(bytes, 32), n: word64(bytes, 40))), tags: tags,
            bodyLength: head.bodyLength)
    }

    private static func meta(_ bytes: UnsafeRawBufferPointer, asOf: Position) -> ResponseMeta {
        func time(_ at: Int) -> Timestamp { Timestamp(milliseconds: Int64(bitPattern: word64(bytes, at))) }
        let freshness = Freshness(
            responseTime: time(80), initialAge: word32(bytes, 88), lifetime: word32(bytes, 92),
            staleWhileRevalidate: word32(bytes, 96), staleIfError: word32(bytes, 100),
            rules: Freshness.Rules(rawValue: bytes[30]))
        let lastModified = time(104)
        return ResponseMeta(
            status: UInt16(bytes[28]) << 8 | UInt16(bytes[29]), freshness: freshness, requestTime: time(72), asOf: asOf,
            entryID: word64(bytes, 48), instance: word64(bytes, 56), localNumber: word64(bytes, 64),
            tagsCut: bytes[31] & 1 != 0, lastModified: lastModified.milliseconds == .min ? nil : lastModified)
    }

    /// The strings of a packed list, nil when it is not one.
    package static func unpack(_ packed: UnsafeRawBufferPointer) -> [[UInt8]]? {
        var found: [[UInt8]] = []
        var at = 0
        while at < packed.count {
            guard let string = nextPacked(packed, at) else { return nil }
            found.append(Array(packed[string]))
            at = string.upperBound
        }
        return found
    }

    private static func isPacked(_ packed: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < packed.count {
            guard let string = nextPacked(packed, at) else { return false }
            at = string.upperBound
        }
        return true
    }

    /// Where the string is whose length stands at `start`; nil when it is not whole.
    @inline(__always)
    private static func nextPacked(_ packed: UnsafeRawBufferPointer, _ start: Int) -> Range<Int>? {
        var at = start
        var length = 0
        var shift = 0
        while true {
            guard at < packed.count, shift < 28 else { return nil }
            let byte = packed[at]
            at += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return length <= packed.count - at ? at..<at + length : nil
    }

    private static func isSame(_ part: UnsafeRawBufferPointer, _ other: [UInt8]) -> Bool {
        guard part.count == other.count, let one = part.baseAddress else { return part.count == other.count }
        return other.withUnsafeBytes { other in other.baseAddress.map { memcmp(one, $0, part.count) == 0 } ?? true }
    }

    static func headChecksum(_ head: UnsafeRawBufferPointer) -> UInt32 {
        var crc = checksum(0, UnsafeRawBufferPointer(rebasing: head[..<12]))
        withUnsafeBytes(of: UInt32(0)) { crc = checksum(crc, $0) }
        return checksum(crc, UnsafeRawBufferPointer(rebasing: head[16...]))
    }

    private static func word32(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    private static func word64(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    private struct Writer {
        var bytes: [UInt8]

        init(kind: RecordHead.Kind, flags: RecordHead.Flags = []) {
            bytes = []
            bytes.reserveCapacity(512)
            put(RecordHead.magic)
            bytes += [RecordHead.version, kind.rawValue]
            put(flags.rawValue)
            put(UInt64(0))  // length and checksum, put in by `sealed`
        }

        mutating func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }

        func sealed() -> [UInt8] {
            var sealed = self.bytes
            withUnsafeBytes(of: UInt32(sealed.count).bigEndian) { sealed.replaceSubrange(8..<12, with: $0) }
            let crc = sealed.withUnsafeBytes { RecordCodec.headChecksum($0) }
            withUnsafeBytes(of: crc.bigEndian) { sealed.replaceSubrange(12..<16, with: $0) }
            return sealed
        }
    }
}
