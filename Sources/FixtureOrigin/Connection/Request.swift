import HTTPMessage

/// One request, as it arrived.
struct Request: Sendable {
    var method: String
    /// Path and query, byte for byte; what the counters count by.
    var target: String
    var version: String
    var fields: FieldBlock
    var bodyLength = 0
    /// CRC-32 (as in gzip) of the body, chunked coding removed.
    var bodyChecksum: UInt = 0

    var path: Substring { target.prefix { $0 != "?" } }
    /// After the first `?`, as received.
    var query: Substring { target.dropFirst(path.utf8.count + 1) }

    func field(_ name: String) -> String? {
        let wanted = Array(name.lowercased().utf8)
        let values = fields.lines.filter { fields.isNamed($0, wanted) }
            .map { String(decoding: fields.value($0), as: UTF8.self) }
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    var keepsAlive: Bool {
        let connection = field("connection")?.lowercased() ?? ""
        return version == "HTTP/1.0" ? connection.contains("keep-alive") : !connection.contains("close")
    }
}
