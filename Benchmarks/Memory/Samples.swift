import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore

/// The entries of these benchmarks: heads as origins send them, each with its own validators.
enum Sample {
    static let instance: UInt64 = 0x1234_5678_9abc_def0
    static let epoch: UInt64 = 0xfeed_beef

    /// 8 digits, so that all keys are of one length.
    static func digits(_ number: Int) -> [UInt8] {
        var digits = [UInt8](repeating: 0x30, count: 8)
        var rest = number
        for place in digits.indices.reversed() {
            digits[place] = 0x30 + UInt8(rest % 10)
            rest /= 10
        }
        return digits
    }

    static func key(_ number: Int) -> CacheKey {
        CacheKey(
            scheme: Array("https".utf8), host: Array("www.example.com".utf8),
            path: Array("/products/".utf8) + digits(number) + Array(".html".utf8), query: nil as [UInt8]?)
    }

    static func fields(_ number: Int) -> (bytes: [UInt8], etag: Range<Int>) {
        let front = Array(
            """
            Date: Sat, 21 Nov 2026 17:00:00 GMT\r
            Server: nginx\r
            Content-Type: text/html; charset=utf-8\r
            Last-Modified: Sat, 21 Nov 2026 16:00:00 GMT\r
            Cache-Control: public, max-age=3600\r
            X-Content-Type-Options: nosniff\r\nETag:\u{20}
            """.utf8)
        let etag = Array("\"".utf8) + digits(number) + Array("-5f\"".utf8)
        return (front + etag + [0x0d, 0x0a], front.count..<front.count + etag.count)
    }

    static func response(_ number: Int, body: Int, localNumber: UInt64) -> StoredResponse {
        let now = Timestamp(milliseconds: 1_795_280_400_123 + Int64(number) * 7)
        let fields = fields(number)
        let bytes = ByteBuffer.exact(count: body) {
            $0.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: number))
        }
        return StoredResponse(
            meta: ResponseMeta(
                status: 200,
                freshness: Freshness(responseTime: now, initialAge: 0, lifetime: 3600, staleIfError: 3600),
                requestTime: Timestamp(milliseconds: now.milliseconds - 37), asOf: Position(epoch: epoch, n: 12),
                entryID: ResponseMeta.entryID(instance: instance, localNumber: localNumber), instance: instance,
                localNumber: localNumber,
                lastModified: Timestamp(seconds: 1_795_276_800)),
            key: key(number), selection: [], fields: fields.bytes, etag: fields.etag, tags: [], body: .chunk(bytes))
    }

    /// What is the response's own of an entry: key, head, body.
    static func ownBytes(_ number: Int, body: Int) -> Int {
        key(number).bytes.count + fields(number).bytes.count + body
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: the same run each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// Numbers below `count` whose chances fall as 1 / rank (Zipf 1.0), by the inverse of their summed chances.
struct Zipf {
    private let sums: [Double]

    init(_ count: Int) {
        var sum = 0.0
        sums = (1...count).map { rank in
            sum += 1 / Double(rank)
            return sum
        }
    }

    func next(using random: inout SplitMix) -> Int {
        let at = Double(random.next() >> 11) / Double(1 << 53) * sums[sums.count - 1]
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] < at { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
