internal import CacheModel
internal import NIOCore

/// A record that is read and written as a whole, encoded but for its body, which stays where it is until the frame is
/// put into the bytes of a write.
struct PreparedFrame {
    /// Without salt and offset: those are the segment's.
    var header: FrameHeader
    private let head: ByteBuffer
    private let record: Record

    init(_ record: Record, key: TierKey, expiry: Int64) {
        self.record = record
        switch record {
        case .response(let response):
            head = ByteBuffer(
                bytes: RecordCodec.encodeHead(
                    response, bodyLength: response.bodyLength, bodyChecksum: RecordCodec.checksum(of: response)))
        case .variants: head = RecordCodec.encode(record, key: key)
        }
        let length = head.readableBytes + record.bodyLength
        header = FrameHeader(
            kind: .whole, digest: key.digest, expiry: expiry, epoch: record.asOfEpoch, n: record.asOfN,
            entryID: record.entryID, headLength: length, payloadLength: length)
    }

    /// Adds the payload to what is written.
    func put(into bytes: inout [UInt8]) {
        head.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
        guard case .response(let response) = record else { return }
        switch response.body {
        case .inline: bytes.append(contentsOf: response.inlineBody)
        case .chunk(let body): body.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
        case .external: preconditionFailure("the tier refuses external bodies")
        }
    }
}

extension Record {
    var bodyLength: Int {
        switch self {
        case .response(let response): response.bodyLength
        case .variants: 0
        }
    }

    var entryID: UInt64 {
        switch self {
        case .response(let response): response.meta.entryID
        case .variants(let index): index.entryID
        }
    }
}
