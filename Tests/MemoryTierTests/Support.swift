import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import MemoryTier
import NIOCore

/// The parts of a response that these tests tell apart; the rest is the same in all.
func response(
    _ key: String, selection: String = "", body: Int = 100, entryID: UInt64 = 1, n: UInt64 = 1, epoch: UInt64 = 7
) -> StoredResponse {
    let now = Timestamp(seconds: 1_000_000)
    let meta = ResponseMeta(
        status: 200, freshness: Freshness(responseTime: now, initialAge: 0, lifetime: 60), requestTime: now,
        asOf: Position(epoch: epoch, n: n), entryID: entryID, instance: 1, localNumber: 1)
    let bytes = ByteBuffer.exact(count: body) { memory in
        for at in 0..<memory.count { memory[at] = UInt8(truncatingIfNeeded: at) }
    }
    return StoredResponse(
        meta: meta, key: CacheKey(bytes: Array(key.utf8)), selection: Array(selection.utf8),
        fields: Array("Content-Type: text/plain\r\n".utf8), etag: nil, tags: [], body: .chunk(bytes))
}

extension MemoryTier {
    func hash(of key: String) -> UInt64 { Array(key.utf8).withUnsafeBytes { hash($0) } }

    @discardableResult func store(_ response: StoredResponse, hash: UInt64? = nil) -> Insertion {
        insert(response, hash: hash ?? self.hash(response.key))
    }

    func find(_ key: String, hash: UInt64? = nil, counts: Bool = true) -> StoredResponse? {
        Array(key.utf8).withUnsafeBytes { lookup(hash: hash ?? self.hash($0), key: $0, counts: counts) }
    }

    func all(_ key: String, hash: UInt64? = nil) -> [StoredResponse] {
        Array(key.utf8).withUnsafeBytes { variants(hash: hash ?? self.hash($0), key: $0) }
    }

    func drop(_ key: String, selection: String = "", entryID: UInt64) -> Bool {
        Array(key.utf8).withUnsafeBytes { key in
            Array(selection.utf8).withUnsafeBytes {
                remove(hash: hash(key), key: key, selection: $0, entryID: entryID)
            }
        }
    }

    func dropAll(_ key: String) -> Int { Array(key.utf8).withUnsafeBytes { removeAll(hash: hash($0), key: $0) } }
}

extension StoredResponse {
    var keyText: String { String(decoding: key, as: UTF8.self) }
    var selectionText: String { String(decoding: selection, as: UTF8.self) }
}
