import CCurl
import HTTPMessage

/// A request's field lines in the form that libcurl takes, in memory that every transfer of a slot reuses: libcurl
/// only reads the list, and not after the transfer is over.
///
/// Safe: `text` and `nodes` are freed in `deinit`, by the slot that frees its easy handle first.
final class HeaderList {
    private var text: UnsafeMutableBufferPointer<UInt8>
    private var nodes: UnsafeMutableBufferPointer<curl_slist>
    private var textUsed = 0
    private var nodesUsed = 0

    init() {
        text = .allocate(capacity: 2048)
        nodes = .allocate(capacity: 32)
    }

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// The first line, or `nil` if there are none.
    var first: UnsafeMutablePointer<curl_slist>? { nodesUsed == 0 ? nil : nodes.baseAddress }

    /// Replaces the list by the block's lines but those of framing and `Expect`, followed by `extra` (whole lines).
    /// False if a value holds a byte that would end the line.
    func build(_ fields: FieldBlock, extra: [StaticString]) -> Bool {
        reserve(fields, extra: extra)
        for line in fields.lines {
            switch line.name {
            case .contentLength, .transferEncoding, .expect: continue
            default: break
            }
            let value = fields.value(line)
            if value.contains(where: { $0 == 0x0d || $0 == 0x0a || $0 == 0 }) { return false }
            let start = textUsed
            add(fields.nameBytes(line))
            if value.isEmpty {
                // libcurl takes "Name:" for "leave that field out" and "Name;" for an empty value.
                add(CollectionOfOne(0x3b))
            } else {
                add(CollectionOfOne(0x3a))
                add(CollectionOfOne(0x20))
                add(value)
            }
            endLine(start)
        }
        for line in extra {
            let start = textUsed
            add(UnsafeBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
            endLine(start)
        }
        return true
    }

    /// Makes room for all before any pointer into the memory is handed out.
    private func reserve(_ fields: FieldBlock, extra: [StaticString]) {
        textUsed = 0
        nodesUsed = 0
        var bytes = 0
        for line in fields.lines { bytes += Int(line.nameLength) + Int(line.valueLength) + 3 }
        for line in extra { bytes += line.utf8CodeUnitCount + 1 }
        if bytes > text.count {
            text.deallocate()
            text = .allocate(capacity: bytes * 2)
        }
        let count = fields.count + extra.count
        if count > nodes.count {
            nodes.deallocate()
            nodes = .allocate(capacity: count * 2)
        }
    }

    private func add(_ bytes: some Collection<UInt8>) {
        // `reserve` counted these bytes; initialize(fromContentsOf:) would trap past the end.
        textUsed = UnsafeMutableBufferPointer(rebasing: text[textUsed...]).initialize(fromContentsOf: bytes) + textUsed
    }

    private func endLine(_ start: Int) {
        add(CollectionOfOne(0))
        let base = text.baseAddress! + start
        let node = nodes.baseAddress! + nodesUsed
        let data = UnsafeMutableRawPointer(base).assumingMemoryBound(to: CChar.self)
        node.initialize(to: curl_slist(data: data, next: nil))
        if nodesUsed > 0 { nodes[nodesUsed - 1].next = node }
        nodesUsed += 1
    }
}
