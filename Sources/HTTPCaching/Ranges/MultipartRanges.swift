import HTTPMessage

/// Several ranges in one answer: multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1). Everything but the body's own
/// bytes, made ahead, so that the answer's length is known.
package struct MultipartRanges: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        /// Delimiter and fields, with the empty line.
        package var head: [UInt8]
        package var range: Range<Int>
    }

    package var parts: [Part]
    /// What ends the last part.
    package var end: [UInt8]
    /// The value of the answer's `Content-Type`.
    package var contentType: [UInt8]
    /// Bytes in all.
    package var length: Int

    /// - Parameters:
    ///   - ranges: at most `RangeSet.maxRanges`, within `completeLength`.
    ///   - contentType: of the response that is cut; nil: it has none.
    ///   - boundary: random, so that the body can't hold it but by chance: `randomBoundary()`.
    package init(_ ranges: [Range<Int>], completeLength: Int, contentType: [UInt8]?, boundary: [UInt8]) {
        var parts: [Part] = []
        var length = 0
        for range in ranges {
            var head = Array((parts.isEmpty ? "--" : "\r\n--").utf8) + boundary + Self.lineEnd
            if let contentType { head += Array("Content-Type: ".utf8) + contentType + Self.lineEnd }
            head += Array("Content-Range: ".utf8)
            head += ContentRange(range, completeLength: completeLength).bytes + Self.lineEnd + Self.lineEnd
            // Disjoint parts of one body and a few heads: far from overflow.
            length += head.count + range.count
            parts.append(Part(head: head, range: range))
        }
        self.parts = parts
        end = Array("\r\n--".utf8) + boundary + Array("--\r\n".utf8)
        self.contentType = Array("multipart/byteranges; boundary=".utf8) + boundary
        self.length = length + end.count
    }

    private static let lineEnd: [UInt8] = [0x0d, 0x0a]

    /// 32 hex digits from the system's generator.
    package static func randomBoundary() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).flatMap { _ -> [UInt8] in
            let word = UInt32.random(in: 0 ... .max, using: &generator)
            return (0..<8).map { Text.hexDigit(UInt8(truncatingIfNeeded: word >> (UInt32($0) * 4)) & 15) }
        }
    }
}
