/// What `--help` and `/_help` print: every page and every parameter.
enum Manual {
    struct Row: Sendable {
        let example: String
        let meaning: String
    }

    static let parameters: [Row] = [
        Row(example: "status=404", meaning: "the status (200); reason=TEXT for its phrase"),
        Row(
            example: "statuses=200,503",
            meaning: "the status of the first, second … request for this URL; the last one stays"),
        Row(
            example: "size=100KB",
            meaning: "body bytes (B, KB, MB, GB), pseudo-random from the path; without it a line of text"),
        Row(example: "seed=x", meaning: "body bytes from this text in place of the path"),
        Row(example: "body=hello", meaning: "the body's first bytes, literally"),
        Row(example: "versioned=1", meaning: "body and ETag change with each /_bump"),
        Row(example: "type=text/css", meaning: "Content-Type"),
        Row(
            example: "max-age=60",
            meaning: "Cache-Control: max-age; s-maxage=N and cc=no-store,… are added to the same line"),
        Row(example: "expires=60", meaning: "Expires, seconds from now (may be negative), or the value itself"),
        Row(example: "age=10", meaning: "Age"),
        Row(example: "date=-30", meaning: "Date, seconds from now; date=none leaves it out"),
        Row(
            example: "etag=v1",
            meaning: "ETag \"v1\"; etag=W/v1 is a weak one; etag-304=TAG sends another one with a 304"),
        Row(example: "last-modified=-3600", meaning: "Last-Modified, seconds from now, or an HTTP date"),
        Row(example: "unconditional=1", meaning: "never answers 304"),
        Row(example: "ranges=1", meaning: "Accept-Ranges, 206 and 416 for one range, If-Range"),
        Row(example: "content-range=bytes 5-9/10", meaning: "what a 206 says, right or wrong"),
        Row(
            example: "vary=Accept-Language",
            meaning: "Vary (names at commas); the body begins with the request's values"),
        Row(
            example: "vary-more=X-Tint",
            meaning: "names in Vary beside those of vary, for requests that have X-Vary-More"),
        Row(
            example: "gzip=1",
            meaning: "gzip when Accept-Encoding names it, with Vary: Accept-Encoding (bodies up to 64MB)"),
        Row(
            example: "tags=a,b",
            meaning: "Surrogate-Key: a b; tag-field=Cache-Tag (or another) for that field, at commas"),
        Row(example: "set-cookie=a=1", meaning: "Set-Cookie (repeatable)"),
        Row(example: "header=X-Foo:bar", meaning: "any field (repeatable)"),
        Row(example: "delay=2s", meaning: "before the head (ms, s, m)"),
        Row(
            example: "pause=2s", meaning: "inside the body, after its first pause-at=N bytes (1), which go out at once"),
        Row(example: "rate=100KB", meaning: "body bytes a second"),
        Row(
            example: "chunked=1",
            meaning:
                "chunked coding; trailer=Name:value (repeatable); chunked=0 with framing=close: until the connection closes"
        ),
        Row(
            example: "cut=500",
            meaning: "closes after so many body bytes, although more were announced; cut-by=reset resets"),
        Row(example: "keepalive=0", meaning: "Connection: close"),
        Row(example: "early-hints=</a.css>;rel=preload", meaning: "a 103 with this Link first"),
        Row(example: "early=1", meaning: "answers before the request body arrived, then closes"),
    ]

    static let pages: [Row] = [
        Row(example: "/", meaning: "the sample site"),
        Row(example: "/page, /page/ANYTHING", meaning: "a page scripted by its query, any method"),
        Row(
            example: "/echo", meaning: "the request as JSON: method, target, fields as received, body length and CRC-32"
        ),
        Row(example: "/version", meaning: "the version number; takes the parameters too; /_bump raises it"),
        Row(example: "/raw/", meaning: "lists the answers that no server should send; /raw/NAME sends one"),
        Row(example: "/recorded/NAME", meaning: "fixtures/messages/NAME.http byte for byte, then closes"),
        Row(
            example: "/_count?url=TARGET",
            meaning: "requests for that target; /_count?of=completed|aborted|METHOD&url=TARGET; /_count/all: JSON"),
        Row(example: "/_connections", meaning: "connections accepted so far"),
        Row(example: "/_reset", meaning: "all counters to zero, the version to 1"),
    ]

    static var text: String {
        "PAGES\n" + table(pages) + "\nPARAMETERS of /page and /version\n" + table(parameters)
    }

    private static func table(_ rows: [Row]) -> String {
        rows.map { "  " + $0.example.padded(to: 34) + $0.meaning + "\n" }.joined()
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
