internal import Invalidation

/// The bytes of the file that an instance of a fleet keeps (`LogMemoryFile`).
///
/// ```
/// "STRF" · version:4, then frames: length:4 · CRC32C of the payload:4 · payload
/// payload: 1 · settled:1 · member:8 · home        which log is followed
///          2 · RecordBytes                        a record accepted here
///          3 · nonce:8 · epoch:8 · n:8            it is in the log
///          4 · epoch:8 · n:8 · known:1 · nonce:8  so far the log is applied
/// ```
/// Numbers are big-endian. A last frame that is cut short was being written when the machine died, and nobody was told of
/// it. Anything else that is not as it was written is damage: what follows it is lost.
enum LogMemoryFormat {
    static let header: [UInt8] = Array("STRF".utf8) + [0, 0, 0, 1]

    enum Frame {
        case begin(home: String, isSettled: Bool, member: UInt64)
        case own(InvalidationRecord)
        case confirmed(nonce: UInt64, Position)
        case applied(AppliedMark)
    }

    static func bytes(_ frame: Frame) -> [UInt8] {
        var payload: [UInt8] = []
        switch frame {
        case .begin(let home, let isSettled, let member):
            payload = [1, isSettled ? 1 : 0]
            JournalFormat.put(member, to: &payload)
            payload += Array(home.utf8)
        case .own(let record): payload = [2] + RecordBytes.encode(record)
        case .confirmed(let nonce, let position):
            payload = [3]
            for word in [nonce, position.epoch, position.n] { JournalFormat.put(word, to: &payload) }
        case .applied(let mark):
            payload = [4]
            for word in [mark.epoch, mark.n] { JournalFormat.put(word, to: &payload) }
            payload.append(mark.nonce == nil ? 0 : 1)
            JournalFormat.put(mark.nonce ?? 0, to: &payload)
        }
        var out: [UInt8] = []
        JournalFormat.put(UInt32(payload.count), to: &out)
        JournalFormat.put(JournalFormat.checksum(payload[...]), to: &out)
        return out + payload
    }

    struct Contents {
        var frames: [Frame] = []
        /// So many bytes are whole frames.
        var length: Int
        /// More than the newest frame may be missing.
        var isDamaged = false
    }

    /// Nil: it is no such file.
    static func parse(_ bytes: [UInt8]) -> Contents? {
        guard bytes.starts(with: header) else { return nil }
        var contents = Contents(length: header.count)
        while contents.length < bytes.count {
            guard let (frame, end) = frame(bytes, at: contents.length) else {
                contents.isDamaged = isDamage(bytes, at: contents.length)
                break
            }
            contents.frames.append(frame)
            contents.length = end
        }
        return contents
    }

    private static func frame(_ bytes: [UInt8], at: Int) -> (frame: Frame, end: Int)? {
        guard bytes.count - at >= 8 else { return nil }
        let length = Int(JournalFormat.word32(bytes, at))
        guard length > 0, length <= RecordBytes.maxLength + 1, bytes.count - at - 8 >= length else { return nil }
        let payload = bytes[(at + 8)..<(at + 8 + length)]
        guard JournalFormat.checksum(payload) == JournalFormat.word32(bytes, at + 4),
            let frame = frame(Array(payload))
        else { return nil }
        return (frame, at + 8 + length)
    }

    /// Whether what is not a whole frame is more than a last one that was cut short: all of its bytes are there, or frames
    /// stand behind it.
    private static func isDamage(_ bytes: [UInt8], at: Int) -> Bool {
        if bytes.count - at >= 8, Int(JournalFormat.word32(bytes, at)) <= bytes.count - at - 8 { return true }
        return (at + 1..<bytes.count).contains { frame(bytes, at: $0) != nil }
    }

    private static func frame(_ payload: [UInt8]) -> Frame? {
        func word(_ at: Int) -> UInt64 { JournalFormat.word64(payload, at) }
        switch payload[0] {
        case 1:
            guard payload.count >= 10 else { return nil }
            return .begin(
                home: String(decoding: payload[10...], as: UTF8.self), isSettled: payload[1] == 1, member: word(2))
        case 2: return RecordBytes.decode(Array(payload[1...])).map { .own($0) }
        case 3: return payload.count == 25 ? .confirmed(nonce: word(1), Position(epoch: word(9), n: word(17))) : nil
        case 4:
            guard payload.count == 26 else { return nil }
            return .applied(AppliedMark(epoch: word(1), n: word(9), nonce: payload[17] == 1 ? word(18) : nil))
        default: return nil
        }
    }
}
