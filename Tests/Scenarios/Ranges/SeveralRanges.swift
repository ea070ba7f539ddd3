import Foundation
import TestSupport
import Testing

extension RangeStories {
    @Suite("Several ranges at once")
    struct SeveralRanges {
        @Test("A multipart answer has each part as asked, and the length that it says", arguments: layers)
        func multipart(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/multi?size=200KB&max-age=600&etag=v1&type=application/pdf"
            let file = body(target, size: 200 << 10)
            _ = try await setting.get(target)
            try await setting.settle()
            let answer = try await setting.get(target, range: "150000-199999,0-9,-1,100-40000")
            #expect(answer.status == 206 && answer["Content-Range"] == nil && answer.hitTier == "\(layer)")
            #expect(answer["Content-Length"] == String(answer.body.count) && answer["ETag"] == "\"v1\"")
            let parts = try Self.parts(of: answer)
            #expect(parts.map(\.range) == [150_000..<200_000, 0..<10, file.count - 1..<file.count, 100..<40_001])
            for part in parts {
                #expect(part.body == Array(file[part.range]) && part.type == "application/pdf", "\(part.range)")
            }
        }

        @Test("Ranges that touch are one, and one range alone is no multipart answer", arguments: layers)
        func coalesced(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/touching?size=2000&max-age=600"
            let file = body(target, size: 2000)
            _ = try await setting.get(target)
            try await setting.settle()
            #expect(try await setting.get(target, range: "0-9,10-19,5-14").isPart(0..<20, of: file))
            #expect(try await setting.get(target, range: "0-9,5000-").isPart(0..<10, of: file))
            let most = (0..<32).map { "\($0 * 20)-\($0 * 20)" }.joined(separator: ",")
            #expect(try Self.parts(of: try await setting.get(target, range: most)).count == 32)
            let tooMany = try await setting.get(target, range: most + ",1999-")
            #expect(tooMany.status == 200 && tooMany.body == file)
        }

        private struct Part {
            var range: Range<Int>
            var type: String?
            var body: [UInt8]
        }

        /// Reads a multipart body by its own length fields and boundary.
        private static func parts(of answer: RawResponse) throws -> [Part] {
            let type = try #require(answer["Content-Type"])
            let prefix = "multipart/byteranges; boundary="
            try #require(type.hasPrefix(prefix), "\(type)")
            let delimiter = Data("--\(type.dropFirst(prefix.count))".utf8)
            var rest = Data(answer.body)
            var parts: [Part] = []
            try #require(rest.starts(with: delimiter))
            rest.removeFirst(delimiter.count)
            while rest.starts(with: Data("\r\n".utf8)) {
                let end = try #require(rest.range(of: Data("\r\n\r\n".utf8)))
                let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                func value(_ name: String) -> String? {
                    lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
                }
                let numbers = try #require(value("Content-Range")?.wholeMatch(of: #/bytes (\d+)-(\d+)/\d+/#))
                let range = Int(numbers.1)!..<Int(numbers.2)! + 1
                rest = rest[end.upperBound...]
                parts.append(Part(range: range, type: value("Content-Type"), body: Array(rest.prefix(range.count))))
                rest = rest.dropFirst(range.count)
                try #require(rest.starts(with: Data("\r\n".utf8) + delimiter))
                rest = Data(rest.dropFirst(2 + delimiter.count))
            }
            #expect(rest == Data("--\r\n".utf8))
            return parts
        }
    }
}
