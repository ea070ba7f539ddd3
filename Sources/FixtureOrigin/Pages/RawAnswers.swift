/// Answers that no server should send: each row is one class of bad answer (RFC 9112, and what attacks made of it).
enum RawAnswers {
    struct Row: Sendable {
        let meaning: String
        /// Made when it is asked for: some are large, and the first to be asked would wait for all.
        let answer: @Sendable () -> Answer

        init(_ meaning: String, _ bytes: @autoclosure @escaping @Sendable () -> String, closes: Bool = true) {
            self.meaning = meaning
            answer = { Answer([.bytes(Array(bytes().utf8))], closes: closes) }
        }

        init(_ meaning: String, _ steps: [Answer.Step], closes: Bool = true) {
            self.meaning = meaning
            answer = { Answer(steps, closes: closes) }
        }
    }

    /// The beginning of a good answer: status line, freshness.
    private static let good = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
    private static let chunked = good + "Transfer-Encoding: chunked\r\n\r\n"
    private static func line(_ line: String) -> String { good + line + "\r\nContent-Length: 5\r\n\r\nhello" }
    private static func status(_ line: String) -> String { line + "\r\nContent-Length: 5\r\n\r\nhello" }

    /// Bytes behind the framed ones arrive a moment later too: a kept connection would take them for the next answer.
    private static let smuggled = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nCache-Control: max-age=60\r\n\r\nsmuggled"

    static let table: [String: Row] = [
        "good": Row("a plain good answer, for comparison", good + "Content-Length: 5\r\n\r\nhello", closes: false),

        "good-close": Row("a good answer, then the end of the connection", good + "Content-Length: 5\r\n\r\nhello"),

        "two-lengths": Row("two differing Content-Length", line("Content-Length: 6")),
        "two-equal-lengths": Row("two equal Content-Length", line("Content-Length: 5")),
        "length-list": Row("Content-Length: 5, 6", good + "Content-Length: 5, 6\r\n\r\nhello!"),
        "length-plus": Row("Content-Length: +5", good + "Content-Length: +5\r\n\r\nhello"),
        "length-negative": Row("Content-Length: -5", good + "Content-Length: -5\r\n\r\nhello"),
        "length-hex": Row("Content-Length: 0x5", good + "Content-Length: 0x5\r\n\r\nhello"),
        "length-overflow": Row("a length beyond 64 bits", good + "Content-Length: 18446744073709551621\r\n\r\nhello"),
        "length-and-chunked": Row(
            "Content-Length with Transfer-Encoding",
            good + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "te-unknown": Row(
            "an unknown transfer coding", good + "Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "te-identity": Row("chunked, identity", good + "Transfer-Encoding: chunked, identity\r\n\r\nhello"),
        "te-gzip": Row("gzip, chunked", good + "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "te-twice": Row("chunked twice", good + "Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "te-on-1.0": Row(
            "chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),

        "folded": Row("a folded field line", line("X-Folded: a\r\n b")),
        "space-before-colon": Row("a space before the colon", line("X-Field : a")),
        "space-first": Row("the first field line begins with a space", "HTTP/1.1 200 OK\r\n X-Field: a\r\n\r\nhello"),
        "no-colon": Row("a field line without a colon", line("X-Field")),
        "empty-name": Row("a field line without a name", line(": a")),
        "bare-lf": Row("lines that end in a bare LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
        "bare-cr": Row("a bare CR in a value", line("X-Field: a\rb")),
        "nul-value": Row("a NUL in a value", line("X-Field: a\0b")),
        "control-value": Row("a control character in a value", line("X-Field: a\u{7}b")),
        "control-name": Row("a control character in a name", line("X-\u{1}Field: a")),

        "chunk-size": Row("a chunk size that is no number", chunked + "xyz\r\nhello\r\n0\r\n\r\n"),
        "chunk-prefix": Row("a chunk size 0x5", chunked + "0x5\r\nhello\r\n0\r\n\r\n"),
        "chunk-sign": Row("a chunk size -5", chunked + "-5\r\nhello\r\n0\r\n\r\n"),
        "chunk-empty-size": Row("an empty chunk size", chunked + "\r\nhello\r\n0\r\n\r\n"),
        "chunk-overflow": Row("a chunk size beyond 64 bits", chunked + "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n"),
        "chunk-no-end": Row("no CRLF after the chunk", chunked + "5\r\nhello0\r\n\r\n"),
        "chunk-lf": Row("a bare LF after the chunk", chunked + "5\r\nhello\n0\r\n\r\n"),
        "chunk-size-lf": Row("a bare LF after the chunk size", chunked + "5\nhello\r\n0\r\n\r\n"),
        "chunk-end-lf": Row("bare LFs after the last chunk", chunked + "5\r\nhello\r\n0\n\n"),
        "chunk-size-space": Row("a space before the chunk size's CRLF", chunked + "5 \r\nhello\r\n0\r\n\r\n"),
        "chunk-late": Row(
            "a good chunk, a moment later a bad one",
            [
                .bytes(Array((chunked + "5\r\nhello\r\n").utf8)), .wait(milliseconds: 200),
                .bytes(Array("5\r\nworld\n0\r\n\r\n".utf8)),
            ]),
        "chunk-extension-long": Row(
            "300 bytes of chunk extension",
            chunked + "5;" + String(repeating: "a", count: 300) + "\r\nhello\r\n0\r\n\r\n"),
        "chunk-extension": Row(
            "a megabyte of chunk extension",
            chunked + "5;" + String(repeating: "a", count: 1 << 20) + "\r\nhello\r\n0\r\n\r\n"),
        "chunk-cut": Row("the last chunk never comes", chunked + "5\r\nhello\r\n"),
        "chunk-end-cut": Row("the end inside the last chunk", chunked + "5\r\nhello\r\n0\r\n"),
        "trailer-large": Row(
            "100 KB of trailers",
            chunked + "5\r\nhello\r\n0\r\n"
                + String(repeating: "X-Trailer: " + String(repeating: "a", count: 1000) + "\r\n", count: 100) + "\r\n"),
        "chunk-excess": Row(
            "bytes after the last chunk", chunked + "5\r\nhello\r\n0\r\n\r\n" + smuggled, closes: false),
        "trailer-bad": Row("a trailer line without a colon", chunked + "5\r\nhello\r\n0\r\nX-Trailer\r\n\r\n"),

        "extra-bytes": Row("bytes after the body", good + "Content-Length: 5\r\n\r\nhello" + smuggled, closes: false),
        "extra-late": Row(
            "a second answer, a moment after the first",
            [
                .bytes(Array((good + "Content-Length: 5\r\n\r\nhello").utf8)), .wait(milliseconds: 50),
                .bytes(Array(smuggled.utf8)),
            ], closes: false),
        "bytes-first": Row("bytes before the head", "hello\r\n" + good + "Content-Length: 5\r\n\r\nhello"),
        "head-with-body": Row(
            "the body although the request was HEAD", good + "Content-Length: 5\r\n\r\nhello", closes: false),
        "204-with-body": Row(
            "204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", closes: false),
        "304-unasked": Row("304 to an unconditional request", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"),
        "http09": Row("HTTP/0.9: the body alone", "<html>hello</html>\n"),

        "status-99": Row("status 99", status("HTTP/1.1 99 Low")),
        "status-1000": Row("status 1000", status("HTTP/1.1 1000 High")),
        "status-text": Row("a status that is no number", status("HTTP/1.1 OK 200")),
        "status-none": Row("no reason phrase and no space before it", status("HTTP/1.1 200")),
        "reason-control": Row("control characters in the reason phrase", status("HTTP/1.1 200 O\u{1}K\u{8}")),
        "reason-cr": Row("a CR in the reason phrase", status("HTTP/1.1 200 OK\rSet-Cookie: a=b")),
        "version-2": Row("HTTP/2.0 in the status line", status("HTTP/2.0 200 OK")),
        "version-other": Row("another protocol's status line", status("ICY 200 OK")),
        "101": Row(
            "101, which nobody asked for",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello"),
        "interims": Row(
            "a thousand 103 answers, then 200",
            String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count: 1000) + good
                + "Content-Length: 5\r\n\r\nhello"),
        "interim-end": Row("a 103, then the end", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),

        "huge-head": Row(
            "a head of a megabyte, in many fields",
            good + String(repeating: "X-Field: " + String(repeating: "a", count: 1000) + "\r\n", count: 1024)
                + "Content-Length: 5\r\n\r\nhello"),
        "huge-field": Row(
            "one field of a megabyte", line("X-Field: " + String(repeating: "a", count: 1 << 20))),
        "many-fields": Row("ten thousand fields", line(String(repeating: "X: a\r\n", count: 10_000) + "X: a")),
        "slow-head": Row(
            "a head byte by byte, 20 ms apart", drip(good + "Content-Length: 5\r\n\r\nhello"), closes: false),
        "cut-head": Row("the end inside the head", good + "Content-Le"),
        "cut-length": Row("the end inside the body", good + "Content-Length: 50\r\n\r\nhello"),
        "close": Row("closes after the request, without a byte", [Answer.Step]()),
        "reset": Row("resets the connection after the request", [.reset]),
        "never": Row("never answers", [.hang]),
    ]

    private static func drip(_ text: String) -> [Answer.Step] {
        text.utf8.flatMap { [.bytes([$0]), .wait(milliseconds: 20)] }
    }

    static var list: String {
        table.sorted { $0.key < $1.key }
            .map {
                "/raw/\($0.key)" + String(repeating: " ", count: max(1, 26 - $0.key.count)) + $0.value.meaning + "\n"
            }
            .joined()
    }
}
