import HTTPMessage

/// Which page answers which path.
struct Router: Sendable {
    let site: Site
    let messages: Folder
    let record = Record()

    init(site: Folder, messages: Folder) {
        self.site = Site(folder: site)
        self.messages = messages
    }

    func answersBeforeBody(_ request: Request) -> Bool { Parameters(request.query).isOn("early") }

    /// `turn`: which request for its target it is, from 1.
    func answer(_ request: Request, turn: Int) -> Answer {
        let path = request.path
        if path.hasPrefix("/_") { return control(request) }
        if path == "/page" || path.hasPrefix("/page/") { return scripted(request, Parameters(request.query), turn) }
        if path == "/version" {
            return scripted(request, Parameters(request.query + "&versioned=1&type=text/plain"), turn)
        }
        if path == "/echo" {
            return .text(echo(request), type: "application/json", isHead: request.method == "HEAD")
        }
        if path == "/raw/" { return .text(RawAnswers.list) }
        if path.hasPrefix("/raw/"), let row = RawAnswers.table[String(path.dropFirst(5))] { return row.answer() }
        if path.hasPrefix("/recorded/"), let file = messages.file(path.dropFirst(10) + ".http") {
            return Answer([.bytes(file.bytes)], closes: true)
        }
        if let answer = site.answer(request) { return answer }
        return .text("no such page: \(path)\n", status: 404, isHead: request.method == "HEAD")
    }

    private func scripted(_ request: Request, _ parameters: Parameters, _ turn: Int) -> Answer {
        ScriptedPage(request: request, parameters: parameters, version: record.version, turn: turn).answer()
    }

    // MARK: - The origin's own pages

    private func control(_ request: Request) -> Answer {
        switch request.path {
        case "/_help": .text(Manual.text)
        case "/_count": .text(count(String(request.query)) + "\n")
        case "/_count/all": .text(allCounts(), type: "application/json")
        case "/_connections": .text("\(record.connections)\n")
        case "/_bump": .text("\(record.bump())\n")
        case "/_reset": reset()
        default: .text("no such page: \(request.path)\n", status: 404)
        }
    }

    private func reset() -> Answer {
        record.reset()
        return .text("reset\n")
    }

    /// `url=` comes last and takes the rest of the query as it stands: targets hold `&` themselves.
    private func count(_ query: String) -> String {
        let parts = query.hasPrefix("url=") ? ["", query.dropFirst(4)] : query.split(separator: "&url=", maxSplits: 1)
        guard parts.count == 2 else { return "usage: /_count?url=TARGET or /_count?of=WHAT&url=TARGET" }
        let count = record.count(String(parts[1]))
        switch parts[0].hasPrefix("of=") ? String(parts[0].dropFirst(3)) : "requests" {
        case "requests": return String(count.requests)
        case "completed": return String(count.completed)
        case "aborted": return String(count.aborted)
        case let method: return String(count.methods[method] ?? 0)
        }
    }

    private func allCounts() -> String {
        let rows = record.counts.sorted { $0.key < $1.key }.map { target, count in
            let methods = count.methods.sorted { $0.key < $1.key }.map { "\(JSON.string($0.key)):\($0.value)" }
            return "\(JSON.string(target)):{\"requests\":\(count.requests),\"completed\":\(count.completed),"
                + "\"aborted\":\(count.aborted),\"methods\":{\(methods.joined(separator: ","))}}"
        }
        return "{" + rows.joined(separator: ",\n") + "}\n"
    }

    private func echo(_ request: Request) -> String {
        let fields = request.fields.lines.map { line in
            let name = String(decoding: request.fields.nameBytes(line), as: UTF8.self)
            let value = String(decoding: request.fields.value(line), as: UTF8.self)
            return "[\(JSON.string(name)),\(JSON.string(value))]"
        }
        let checksum = String(request.bodyChecksum, radix: 16)
        return "{\"method\":\(JSON.string(request.method)),\"target\":\(JSON.string(request.target)),"
            + "\"version\":\(JSON.string(request.version)),\"fields\":[\(fields.joined(separator: ","))],"
            + "\"body\":{\"length\":\(request.bodyLength),\"crc32\":\"\(checksum)\"}}\n"
    }
}

/// The little JSON that the pages need (RFC 8259 §7).
enum JSON {
    static func string(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
