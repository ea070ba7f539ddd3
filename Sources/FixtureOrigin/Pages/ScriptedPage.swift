/// Makes the answer that a page's query asks for (`Manual.parameters`).
struct ScriptedPage {
    let request: Request
    let parameters: Parameters
    let version: Int
    /// Which request for its target this one is, from 1.
    let turn: Int

    private static let largestGzip: Int64 = 64 << 20

    func answer() -> Answer {
        var representation = self.representation
        let isGzip = parameters.isOn("gzip") && Gzip.isAccepted(request.field("accept-encoding"))
        if isGzip, representation.body.size <= Self.largestGzip {
            representation.body = PageBody(literal: Gzip.compress(representation.body.bytes))
            representation.etag = representation.etag.map { String($0.dropLast()) + "-gzip\"" }
        }
        var answer = Answer(preludeSteps)
        let selection = status == 200 ? representation.selection(request) : .whole
        var head = ResponseHead(status: status, reason: parameters["reason"])
        appendFields(to: &head, representation, isNotModified: selection == .notModified)
        if isGzip { head.append("Content-Encoding", "gzip") }
        switch selection {
        case .notModified:
            head.status = 304
            answer.steps.append(.bytes(head.bytes))
        case .unsatisfiable:
            head.status = 416
            head.append("Content-Range", "bytes */\(representation.body.size)")
            head.append("Content-Length", "0")
            answer.steps.append(.bytes(head.bytes))
        case .part(let range):
            head.status = 206
            head.append(
                "Content-Range",
                parameters["content-range"]
                    ?? "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(representation.body.size)")
            appendBody(representation.body, range, head, to: &answer)
        case .whole:
            appendBody(representation.body, 0..<representation.body.size, head, to: &answer)
        }
        if parameters["keepalive"] == "0" || parameters.isOn("early") { answer.closes = true }
        return answer
    }

    // MARK: - Head

    private var status: Int {
        if let list = parameters["statuses"]?.split(separator: ",").compactMap({ Int($0) }), let last = list.last {
            return turn <= list.count ? list[turn - 1] : last
        }
        return parameters.number("status").map(Int.init) ?? 200
    }

    private var representation: Representation {
        var prefix = parameters["body"] ?? ""
        for name in varyNames { prefix += "\(name): \(request.field(name) ?? "")\n" }
        if parameters.isOn("versioned") { prefix += "version \(version)\n" }
        let size = parameters.size("size")
        if prefix.isEmpty, size == nil { prefix = "\(request.method) \(request.path)\n" }
        var seed = PageBody.seed(of: parameters["seed"] ?? String(request.path))
        if parameters.isOn("versioned") { seed &+= UInt64(version) }
        var literal = Array(prefix.utf8)
        if let size, size < literal.count { literal = Array(literal.prefix(Int(max(0, size)))) }
        let body = PageBody(prefix: literal, seed: seed, size: max(0, size ?? Int64(literal.count)))
        return Representation(
            body: body, etag: etag, lastModified: moment("last-modified"), takesRanges: parameters.isOn("ranges"),
            takesConditions: !parameters.isOn("unconditional"))
    }

    private var etag: String? {
        if let tag = parameters["etag"] { return Self.quoted(tag) }
        return parameters.isOn("versioned") ? "\"v\(version)\"" : nil
    }

    private static func quoted(_ tag: String) -> String {
        if tag.hasSuffix("\"") { return tag }
        return tag.hasPrefix("W/") ? "W/\"\(tag.dropFirst(2))\"" : "\"\(tag)\""
    }

    private var varyNames: [String] {
        let more = request.field("X-Vary-More") == nil ? nil : parameters["vary-more"]
        return [parameters["vary"], more].flatMap { ($0 ?? "").split(separator: ",").map(String.init) }
    }

    /// A parameter that holds seconds from now or an HTTP date.
    private func moment(_ name: String) -> Int64? {
        parameters.number(name).map { HTTPDate.now + $0 } ?? parameters[name].flatMap(HTTPDate.seconds)
    }

    private func appendFields(to head: inout ResponseHead, _ representation: Representation, isNotModified: Bool) {
        if parameters["date"] != "none" { head.append("Date", HTTPDate.text(moment("date") ?? HTTPDate.now)) }
        if let tag = isNotModified
            ? parameters["etag-304"].map(Self.quoted) ?? representation.etag : representation.etag
        {
            head.append("ETag", tag)
        }
        if let moment = representation.lastModified { head.append("Last-Modified", HTTPDate.text(moment)) }
        let directives =
            [parameters["max-age"].map { "max-age=\($0)" }, parameters["s-maxage"].map { "s-maxage=\($0)" }]
            .compactMap { $0 } + parameters.all("cc")
        if !directives.isEmpty { head.append("Cache-Control", directives.joined(separator: ", ")) }
        if let text = parameters["expires"] { head.append("Expires", moment("expires").map(HTTPDate.text) ?? text) }
        if let age = parameters["age"] { head.append("Age", age) }
        let vary = varyNames + (parameters.isOn("gzip") ? ["Accept-Encoding"] : [])
        if !vary.isEmpty { head.append("Vary", vary.joined(separator: ", ")) }
        if let tags = parameters["tags"] {
            let field = parameters["tag-field"] ?? "Surrogate-Key"
            let separator = field.lowercased() == "surrogate-key" || field.lowercased() == "xkey" ? " " : ", "
            head.append(field, tags.split(separator: ",").joined(separator: separator))
        }
        for cookie in parameters.all("set-cookie") { head.append("Set-Cookie", cookie) }
        if representation.takesRanges { head.append("Accept-Ranges", "bytes") }
        for field in parameters.all("header") { head.append(line: field) }
        if !isNotModified { head.append("Content-Type", parameters["type"] ?? "application/octet-stream") }
    }

    // MARK: - Body

    private var preludeSteps: [Answer.Step] {
        var steps: [Answer.Step] = []
        if let link = parameters["early-hints"] {
            var head = ResponseHead(status: 103)
            head.append("Link", link)
            steps.append(.bytes(head.bytes))
        }
        if let delay = parameters.milliseconds("delay") { steps.append(.wait(milliseconds: delay)) }
        return steps
    }

    private enum Framing { case none, length, chunked, close }

    private func framing(_ status: Int) -> Framing {
        if status == 204 || status == 304 || (100..<200).contains(status) { return .none }
        if parameters["framing"] == "close" { return .close }
        return parameters.isOn("chunked") || parameters["framing"] == "chunked" ? .chunked : .length
    }

    private func appendBody(_ body: PageBody, _ range: Range<Int64>, _ head: ResponseHead, to answer: inout Answer) {
        var head = head
        let framing = framing(head.status)
        switch framing {
        case .none: break
        case .length: head.append("Content-Length", String(range.count))
        case .chunked: head.append("Transfer-Encoding", "chunked")
        case .close: answer.closes = true
        }
        if parameters["keepalive"] == "0" || answer.closes { head.append("Connection", "close") }
        answer.steps.append(.bytes(head.bytes))
        guard request.method != "HEAD", framing != .none else { return }
        let cut = parameters.size("cut").map { min($0, Int64(range.count)) }
        let sent = range.lowerBound..<(range.lowerBound + (cut ?? Int64(range.count)))
        appendPieces(body, sent, isChunked: framing == .chunked, to: &answer)
        if cut != nil {
            answer.closes = true
            if parameters["cut-by"] == "reset" { answer.steps.append(.reset) }
        } else if framing == .chunked {
            let trailers = parameters.all("trailer").map { $0.replacing(":", with: ": ", maxReplacements: 1) + "\r\n" }
            answer.steps.append(.bytes(Array(("0\r\n" + trailers.joined() + "\r\n").utf8)))
        }
    }

    private func appendPieces(_ body: PageBody, _ range: Range<Int64>, isChunked: Bool, to answer: inout Answer) {
        let rate = parameters.size("rate").map { max(1, $0) }
        var rest = range
        if let pause = parameters.milliseconds("pause") {
            let first = min(max(0, parameters.size("pause-at") ?? 1), Int64(range.count))
            let middle = range.lowerBound + first
            answer.steps.append(.body(body, range.lowerBound..<middle, bytesPerSecond: rate, chunked: isChunked))
            answer.steps.append(.wait(milliseconds: pause))
            rest = middle..<range.upperBound
        }
        answer.steps.append(.body(body, rest, bytesPerSecond: rate, chunked: isChunked))
    }
}

extension ResponseHead {
    /// `Name:value`, as a query gives it.
    fileprivate mutating func append(line: String) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        append(String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
    }
}
