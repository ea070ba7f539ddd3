/// The sample site: files with validators and a lifetime, as a plain web server gives them.
struct Site: Sendable {
    let folder: Folder

    private static let types: [String: (type: String, maxAge: Int)] = [
        "html": ("text/html; charset=utf-8", 300), "css": ("text/css; charset=utf-8", 86_400),
        "svg": ("image/svg+xml", 86_400), "png": ("image/png", 86_400), "txt": ("text/plain; charset=utf-8", 300),
    ]

    func answer(_ request: Request) -> Answer? {
        let path = request.path.hasSuffix("/") ? request.path + "index.html" : request.path
        guard let file = folder.file(path) else { return nil }
        guard request.method == "GET" || request.method == "HEAD" else {
            return .text("method not allowed\n", status: 405)
        }
        let kind = Self.types[String(path.split(separator: ".").last ?? "")] ?? ("application/octet-stream", 300)
        let representation = Representation(
            body: PageBody(literal: file.bytes),
            etag: "\"" + String(Gzip.checksum(file.bytes), radix: 16) + "-" + String(file.bytes.count, radix: 16)
                + "\"",
            lastModified: file.modified, takesRanges: true)
        var head = ResponseHead(status: 200)
        head.append("Date", HTTPDate.text(HTTPDate.now))
        head.append("ETag", representation.etag ?? "")
        head.append("Last-Modified", HTTPDate.text(file.modified))
        head.append("Cache-Control", "public, max-age=\(kind.maxAge)")
        head.append("Surrogate-Key", "site \(kind.type.prefix { $0 != "/" && $0 != ";" })")
        head.append("Accept-Ranges", "bytes")
        return Self.finish(head, kind.type, representation, request)
    }

    private static func finish(
        _ head: ResponseHead, _ type: String, _ representation: Representation, _ request: Request
    ) -> Answer {
        var head = head
        var range = 0..<representation.body.size
        switch representation.selection(request) {
        case .notModified:
            head.status = 304
            return Answer([.bytes(head.bytes)])
        case .unsatisfiable:
            head.status = 416
            head.append("Content-Range", "bytes */\(representation.body.size)")
            range = 0..<0
        case .part(let part):
            head.status = 206
            head.append("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(representation.body.size)")
            range = part
        case .whole:
            break
        }
        head.append("Content-Type", type)
        head.append("Content-Length", String(range.count))
        let first = Answer.Step.bytes(head.bytes)
        if request.method == "HEAD" { return Answer([first]) }
        return Answer([first, .body(representation.body, range, bytesPerSecond: nil, chunked: false)])
    }
}
