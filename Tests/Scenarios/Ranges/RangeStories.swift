import FixtureOrigin
import TestSupport
import Testing

/// Stories about parts of bodies, one after another: each has processes of its own.
@Suite("Ranges", .serialized) enum RangeStories {
    /// Each alone, so that it is the one that answers.
    static let layers: [Setting.Layer] = [.memory, .redis, .disk]

    static func body(_ target: String, size: Int) -> [UInt8] {
        PageBody.bytes(ofPath: String(target.prefix { $0 != "?" }), size: size)
    }
}

extension Setting {
    func get(_ target: String, range: String, _ fields: [String] = []) async throws -> RawResponse {
        try await get(target, ["Range: bytes=\(range)"] + fields)
    }
}

extension RawResponse {
    /// Whether it is exactly that part of the body.
    func isPart(_ range: Range<Int>, of body: [UInt8]) -> Bool {
        status == 206 && self["Content-Range"] == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(body.count)"
            && self["Content-Length"] == String(range.count) && self.body == Array(body[range]) && !isCut
    }
}
