import TestSupport
import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension SplitMix {
    mutating func bytes(_ lengths: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: lengths, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// A response whose every field differs from every other, so that two that are swapped show.
enum Sample {
    static let key = CacheKey(scheme: "https".utf8, host: "example.com:8443".utf8, path: "/a/b".utf8, query: "c=1".utf8)
    static let selection = bytes("\u{6}accept\u{1}\u{3}*/*")
    static let fields = bytes("Content-Type: text/plain\r\nETag: \"v1\"\r\nX-Empty: \r\n")
    static let etag = 32..<36
    static let tags = StoredResponse.packTags([bytes("red"), bytes("green"), bytes(String(repeating: "t", count: 300))])

    static let meta = ResponseMeta(
        status: 203,
        freshness: Freshness(
            responseTime: Timestamp(milliseconds: 1_700_000_000_123), initialAge: 11, lifetime: 0xfedc_ba98,
            staleWhileRevalidate: 33, staleIfError: 44, rules: [.guessed, .immutable]),
        requestTime: Timestamp(milliseconds: 1_700_000_000_045), asOf: Position(epoch: 0x0102_0304_0506_0708, n: 99),
        entryID: 0x1112_1314_1516_1718, instance: 0x2122_2324_2526_2728, localNumber: 77, tagsCut: true,
        lastModified: Timestamp(milliseconds: 1_600_000_000_000))

    static func body(_ count: Int) -> ByteBuffer {
        ByteBuffer.exact(count: count) { memory in
            for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8) }
        }
    }

    static func response(
        _ meta: ResponseMeta = meta, fields: [UInt8] = fields, etag: Range<Int>? = etag, tags: [UInt8] = tags,
        body: Int = 10
    ) -> StoredResponse {
        StoredResponse(
            meta: meta, key: key, selection: selection, fields: fields, etag: etag, tags: tags,
            body: .chunk(self.body(body)))
    }

    static let tierKey = TierKey(primary: key, selection: selection)
}

/// All that an entry says, comparable.
struct Told: Equatable {
    var meta: ResponseMeta
    var key, selection, fields, tags, etag, body: [UInt8]
    var etagRange: Range<Int>?

    init(_ response: StoredResponse) {
        meta = response.meta
        key = Array(response.key)
        selection = Array(response.selection)
        fields = Array(response.fields)
        tags = Array(response.tags)
        etag = Array(response.etag)
        etagRange = response.etagRange
        switch response.body {
        case .inline: body = Array(response.inlineBody)
        case .chunk(let bytes): body = Array(bytes.readableBytesView)
        case .external: body = []
        }
    }
}
