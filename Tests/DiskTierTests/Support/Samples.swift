import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore

/// Bytes that differ from place to place and from seed to seed.
func pattern(_ count: Int, seed: Int) -> [UInt8] {
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

func makeKey(_ path: String) -> TierKey {
    TierKey(
        primary: CacheKey(
            scheme: Array("http".utf8), host: Array("example.com".utf8), path: Array(path.utf8), query: [UInt8]?.none))
}

func makeResponse(
    _ key: TierKey, body: [UInt8], epoch: UInt64 = 7, n: UInt64 = 1, entryID: UInt64 = 1
) -> StoredResponse {
    let freshness = Freshness(responseTime: Timestamp(milliseconds: 1_000), initialAge: 0, lifetime: 60)
    let meta = ResponseMeta(
        status: 200, freshness: freshness, requestTime: Timestamp(milliseconds: 900),
        asOf: Position(epoch: epoch, n: n), entryID: entryID, instance: 3, localNumber: 4)
    return StoredResponse(
        meta: meta, key: key.primary, selection: key.selection, fields: Array("Content-Type: text/plain\r\n".utf8),
        etag: nil, tags: StoredResponse.packTags([Array("tag".utf8)]),
        body: .chunk(ByteBuffer.exact([ByteBuffer(bytes: body)])))
}
