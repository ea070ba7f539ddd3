import TestSupport
import HTTPMessage

/// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110 §5.6.7.
let noon = Timestamp(seconds: 784_111_777)

func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: noon.seconds + seconds) }

/// Dates around `noon`, as fields carry them.
let noonText = "Sun, 06 Nov 1994 08:49:37 GMT"
let hourEarlier = "Sun, 06 Nov 1994 07:49:37 GMT"
let minuteEarlier = "Sun, 06 Nov 1994 08:48:37 GMT"
let minuteLater = "Sun, 06 Nov 1994 08:50:37 GMT"
let tenDaysEarlier = "Thu, 27 Oct 1994 08:49:37 GMT"
let yearEarlier = "Sat, 06 Nov 1993 08:49:37 GMT"

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

extension SplitMix {
    /// Words of HTTP and raw bytes in a row: values that nearly are what a parser expects.
    mutating func value() -> [UInt8] {
        let words = [
            "max-age", "s-maxage", "no-cache", "private", "no-store", "stale-if-error", "stale-while-revalidate", "=",
            "\"", ",", ";", "q=0.", "*", "gzip", "\\", " ", "\t", "W/", "(", ")", "bytes=0-", "//", "?", "..", "#",
            "99999999999999999999", "-1", "0", "17", "GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "public", "set-cookie",
            "max-stale", "min-fresh", "http://a", "@", "close", "accept-encoding",
        ]
        var out: [UInt8] = []
        for _ in 0..<Int.random(in: 0...10, using: &self) {
            if Int.random(in: 0..<4, using: &self) == 0 {
                out.append(UInt8.random(in: 0...255, using: &self))
            } else {
                out.append(contentsOf: words.randomElement(using: &self)?.utf8 ?? "".utf8)
            }
        }
        return out
    }

    /// Lines with known names and arbitrary values.
    mutating func fields() -> FieldBlock {
        var block = FieldBlock()
        for _ in 0..<Int.random(in: 0...8, using: &self) {
            guard let name = FieldName.allCases.dropFirst().randomElement(using: &self) else { continue }
            block.append(name, value())
        }
        for name in [FieldName.cacheControl, .expires, .date, .age, .vary, .lastModified, .etag, .acceptEncoding]
        where Bool.random(using: &self) {
            block.append(name, value())
        }
        return block
    }
}
