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
        feed = key("feed")
        members = key("members")
    }

    /// As every script takes them.
    var all: [ByteBuffer] { [meta, table, feed, members] }
}
