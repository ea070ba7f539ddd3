internal import CacheModel
internal import Engine
internal import HTTPMessage

/// The lines of the access log: Apache's and nginx's `combined`, and behind it how the cache answered:
///
///     CLIENT - - [21/Nov/2026:12:00:00 +0000] "REQUEST LINE" STATUS BYTES "REFERER" "USER AGENT" RESULT TIER
///
/// BYTES are those of the body that was sent. RESULT is a `CacheResult`, TIER a `TierName` or `-`. The time is UTC. What
/// the client sent is escaped (`LineWriter.value`); what it did not send is `-`. Touched by one loop only.
struct AccessLogFormat: ~Copyable {
    /// Longest values, in bytes before they are escaped.
    private static let client = 128
    private static let requestLine = 8192
    private static let referer = 2048
    private static let userAgent = 1024

    /// `" hit memory\n"`, one slot of 32 bytes for each result and tier; the last byte is the length.
    private let endings: UnsafeMutableRawPointer
    /// ` - - [21/Nov/2026:12:00:00 +0000] "`, made once a second.
    private let stamp: UnsafeMutableRawPointer
    private static let stampLength = 35
    /// The milliseconds that the stamp holds for; none at first.
    private var stamped: Range<Int64> = 0..<0

    init() {
        stamp = .allocate(byteCount: Self.stampLength, alignment: 8)
        let tiers = TierName.allCases
        endings = .allocate(byteCount: CacheResult.allCases.count * (tiers.count + 1) * 32, alignment: 8)
        for result in CacheResult.allCases {
            for tier in 0...tiers.count {
                let text = Array(" \(result.rawValue) \(tier == 0 ? "-" : tiers[tier - 1].rawValue)\n".utf8)
                precondition(text.count < 32, "an ending outgrew its slot")
                let slot = endings + 32 * (result.index * (tiers.count + 1) + tier)
                for (offset, byte) in text.enumerated() {
                    slot.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
                }
                slot.storeBytes(of: UInt8(text.count), toByteOffset: 31, as: UInt8.self)
            }
        }
    }

    deinit {
        stamp.deallocate()
        endings.deallocate()
    }

    /// At most this many bytes will the record's line have; never more than a `LogBuffer` holds.
    static func bound(_ record: borrowing RequestRecord) -> Int {
        LineWriter.bound(record.client.count, limit: client)
            + LineWriter.bound(record.requestLine.count, limit: requestLine)
            + LineWriter.bound(record.referer.count, limit: referer)
            + LineWriter.bound(record.userAgent.count, limit: userAgent) + 128
    }

    /// Writes the line, `bound` bytes at most, and returns how many it took.
    mutating func write(_ record: borrowing RequestRecord, to start: UnsafeMutableRawPointer) -> Int {
        if !stamped.contains(record.now.milliseconds) { remakeStamp(record.now) }
        var line = LineWriter(start)
        line.value(record.client, limit: Self.client)
        line.bytes(stamp, count: Self.stampLength)
        line.value(record.requestLine, limit: Self.requestLine)
        line.byte(0x22)
        line.byte(0x20)
        line.number(record.status)
        line.byte(0x20)
        line.number(record.bodyBytes)
        line.byte(0x20)
        line.byte(0x22)
        line.value(record.referer, limit: Self.referer)
        line.byte(0x22)
        line.byte(0x20)
        line.byte(0x22)
        line.value(record.userAgent, limit: Self.userAgent)
        line.byte(0x22)
        let tier =
            switch record.tier {
            case nil: 0
            case .memory: 1
            case .redis: 2
            case .disk: 3
            }
        let ending = endings + 32 * (record.result.index * 4 + tier)
        line.bytes(ending, count: Int(ending.load(fromByteOffset: 31, as: UInt8.self)))
        return line.out - start
    }

    @inline(never)
    private mutating func remakeStamp(_ now: Timestamp) {
        // "Sun, 06 Nov 1994 08:49:37 GMT", taken apart.
        let date = HTTPDate.bytes(now)
        var text = Array(" - - [".utf8)
        text += date[5..<7]
        text.append(0x2f)
        text += date[8..<11]
        text.append(0x2f)
        text += date[12..<16]
        text.append(0x3a)
        text += date[17..<25]
        text += Array(" +0000] \"".utf8)
        precondition(text.count == Self.stampLength, "a stamp has another length")
        text.withUnsafeBytes { stamp.copyMemory(from: $0.baseAddress!, byteCount: Self.stampLength) }
        let start = Timestamp(seconds: now.seconds).milliseconds
        // A moment at the far end of the clock is stamped anew each time.
        stamped = start > .max - 1000 ? 0..<0 : start..<start + 1000
    }
}
