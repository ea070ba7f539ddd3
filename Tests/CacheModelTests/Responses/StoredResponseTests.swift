import CacheModel
import HTTPMessage
import NIOCore
import Testing

@Suite("Stored responses")
struct StoredResponseTests {
    @Test("each part is what was given", arguments: [0, 5, StoredResponse.inlineLimit, StoredResponse.inlineLimit + 1])
    func parts(body: Int) {
        let response = Sample.response(body: body)
        #expect(Array(response.key) == Sample.key.bytes)
        #expect(Array(response.selection) == Sample.selection)
        #expect(Array(response.fields) == Sample.fields)
        #expect(Array(response.tags) == Sample.tags)
        #expect(String(decoding: response.etag, as: UTF8.self) == "\"v1\"")
        #expect(response.bodyLength == body)
        #expect(Told(response).body == Array(Sample.body(body).readableBytesView))
    }

    @Test("an entry of nothing is whole too")
    func empty() {
        let response = StoredResponse(
            meta: Sample.meta, key: CacheKey(bytes: []), selection: [], fields: [], etag: nil, tags: [],
            body: .chunk(ByteBuffer()))
        #expect(response.key.isEmpty && response.fields.isEmpty && response.tags.isEmpty && response.etag.isEmpty)
        #expect(response.etagRange == nil)
        #expect(response.bodyLength == 0)
    }

    @Test("the footprint counts every byte that the entry holds")
    func footprint() {
        let small = Sample.response(body: 0).footprint
        #expect(Sample.response(body: 1000).footprint == small + 1000)
        #expect(Sample.response(body: 100_000).footprint >= small + 100_000)
        #expect(small > Sample.key.bytes.count + Sample.selection.count + Sample.fields.count + Sample.tags.count)
    }

    @Test("packed tags unpack to themselves", arguments: [0, 1, 127, 128, 1024])
    func tags(length: Int) {
        let tags = [[UInt8](repeating: 0x61, count: length), bytes("b")]
        let packed = StoredResponse.packTags(tags)
        #expect(packed.withUnsafeBytes { RecordCodec.unpack($0) } == tags)
    }
}

@Suite("Exact buffers")
struct ExactBufferTests {
    @Test("storage is as large as the bytes", arguments: [1, 3, 100, 4097, 1_000_000])
    func size(count: Int) {
        let buffer = Sample.body(count)
        #expect(buffer.readableBytes == count)
        #expect(buffer.capacity == count)
    }

    @Test("nothing takes nothing")
    func empty() {
        #expect(ByteBuffer.exact(count: 0) { _ in Issue.record("there is nothing to fill") }.readableBytes == 0)
        #expect(ByteBuffer.exact([]).readableBytes == 0)
        #expect(ByteBuffer.exact([ByteBuffer(), ByteBuffer()]).readableBytes == 0)
    }

    @Test("chunks are joined in order, slices and empty ones too")
    func joined() {
        let slice = ByteBuffer(string: "xxbcxx").getSlice(at: 2, length: 2) ?? ByteBuffer()
        let buffer = ByteBuffer.exact([ByteBuffer(string: "a"), ByteBuffer(), slice, ByteBuffer(string: "d")])
        #expect(String(buffer: buffer) == "abcd")
        #expect(buffer.capacity == 4)
    }

    @Test("it may grow and be copied like any buffer")
    func grows() {
        var buffer = Sample.body(10)
        let copy = buffer
        buffer.writeString("more")
        #expect(copy == Sample.body(10))
        #expect(buffer.readableBytes == 14)
    }
}

@Suite("Field lines to a block")
struct FieldLinesTests {
    private func block(_ text: String) -> FieldBlock { bytes(text).withUnsafeBytes { FieldBlock(lines: $0) } }

    @Test(
        "lines come back byte for byte",
        arguments: [
            "", "A: b\r\n", "Content-Type: text/plain\r\nx-Y: \r\nSet-Cookie: a=b: c\r\nset-cookie: d\r\n",
        ])
    func lines(text: String) { #expect(block(text).text == text) }

    @Test("known names are known again")
    func names() { #expect(block("content-TYPE: a\r\n").string(.contentType) == "a") }

    @Test(
        "what is no line is left out, the others stay",
        arguments: [
            ("A: b\r\nno line\r\nC: d\r\n", "A: b\r\nC: d\r\n"),
            (": x\r\nC: d\r\n", "C: d\r\n"),
            ("A:b\r\nC: d\r\n", "C: d\r\n"),
            ("A: b", ""),
            ("A: b\r", ""),
            ("\r\n\r\nC: d\r\n", "C: d\r\n"),
            ("A: b\rc\r\nC: d\r\n", "C: d\r\n"),
            ("A: b\nX: y\r\nC: d\r\n", "C: d\r\n"),
            ("A: \0\r\nC: d\r\n", "C: d\r\n"),
            ("A b: c\r\nC: d\r\n", "C: d\r\n"),
        ])
    func others(text: String, kept: String) { #expect(block(text).text == kept) }
}
