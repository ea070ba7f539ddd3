/// What a resource is right now, before a request decides how much of it goes out.
struct Representation: Sendable {
    var body: PageBody
    var etag: String?
    /// Seconds since 1970.
    var lastModified: Int64?
    var takesRanges = false
    var takesConditions = true

    enum Selection: Equatable, Sendable {
        case whole
        case notModified
        case part(Range<Int64>)
        case unsatisfiable
    }

    /// RFC 9110 §13.2.2 and §14.2, for GET and HEAD.
    func selection(_ request: Request) -> Selection {
        guard request.method == "GET" || request.method == "HEAD" else { return .whole }
        if takesConditions, isUnchanged(request) { return .notModified }
        guard takesRanges, request.method == "GET", let field = request.field("range"), rangeHolds(request) else {
            return .whole
        }
        return range(field)
    }

    private func isUnchanged(_ request: Request) -> Bool {
        if let field = request.field("if-none-match") {
            guard let etag else { return false }
            return field.split(separator: ",").contains { item in
                let item = item.filter { $0 != " " }
                return item == "*" || Self.opaque(item) == Self.opaque(etag)
            }
        }
        guard let field = request.field("if-modified-since"), let since = HTTPDate.seconds(field), let lastModified
        else {
            return false
        }
        return lastModified <= since
    }

    private func rangeHolds(_ request: Request) -> Bool {
        guard let field = request.field("if-range") else { return true }
        if field.hasSuffix("\"") { return field == etag && !field.hasPrefix("W/") }
        return lastModified.map(HTTPDate.text) == field
    }

    private func range(_ field: String) -> Selection {
        guard field.hasPrefix("bytes="), !field.contains(",") else { return .whole }
        let parts = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .whole }
        switch (Int64(parts[0]), Int64(parts[1])) {
        case (let first?, let last):
            let end = min(body.size, (last ?? .max - 1) + 1)
            return first < end ? .part(first..<end) : .unsatisfiable
        case (nil, let count?) where parts[0].isEmpty:
            let part = max(0, body.size - count)..<body.size
            return part.isEmpty ? .unsatisfiable : .part(part)
        default:
            return .whole
        }
    }

    private static func opaque(_ tag: some StringProtocol) -> String {
        tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : String(tag)
    }
}
