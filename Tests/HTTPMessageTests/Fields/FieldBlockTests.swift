import HTTPMessage
import Testing

@Suite("Field blocks")
struct FieldBlockTests {
    @Test("lines are read, removed and replaced in order")
    func editing() {
        var block = FieldBlock([("Accept", "a"), ("x-odd", "1"), ("accept", "b")])
        #expect(block.contains(.accept) && !block.contains(.host))
        #expect(block.values(.accept).map { String(decoding: $0, as: UTF8.self) } == ["a", "b"])
        #expect(block.isNamed(block.lines[1], Array("x-odd".utf8)))
        #expect(!block.isNamed(block.lines[1], Array("x-oddy".utf8)))
        block.set(.accept, "c")
        block.append(.etag, "\"t\"")
        #expect(block.text == "x-odd: 1\r\nAccept: c\r\nETag: \"t\"\r\n")
        block.remove { $0.name == .etag }
        #expect(block.count == 2)
        var copy = FieldBlock()
        copy.append(block.lines[0], of: block)
        #expect(copy.text == "x-odd: 1\r\n" && copy.lines[0].name == .other)
        copy.removeAll()
        #expect(copy.isEmpty && copy.bytes.isEmpty)
    }
}
