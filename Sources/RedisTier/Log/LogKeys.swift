internal import NIOCore

/// The four keys of the log. The braces put them into one hash slot.
struct LogKeys: Sendable {
    let meta: ByteBuffer
    let table: ByteBuffer
    let feed: ByteBuffer
    let members: ByteBuffer

    init(prefix: String) {
        func key(_ name: String) -> ByteBuffer { ByteBuffer(string: "\(prefix){log}:\(name)") }
        meta = key("meta")
        table = key("table")
        feed = ByteBuffer(string: Self.feedName(prefix: prefix))
        members = key("members")
    }

    /// A key of the log's slot.
    static func feedName(prefix: String) -> String { "\(prefix){log}:feed" }

    /// As every script takes them.
    var all: [ByteBuffer] { [meta, table, feed, members] }
}
