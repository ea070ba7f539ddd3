/// RFC 9111 as a shared cache reads it, slow and obvious, for the tests to hold `HTTPCaching` against. It shares no code
/// with it: fields are strings in a list, time is a `Double`, dates are looked up in a dictionary of those that were
/// made. It knows the policy of a site without settings, and says what a cache *may* do.
struct ReferenceModel {
    struct Message {
        var status = 200
        var fields: [(name: String, value: String)] = []

        mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

        func lines(_ name: String) -> [String] { fields.filter { $0.name.lowercased() == name }.map(\.value) }
    }

    /// What texts of dates mean, in seconds since 1970.
    var dates: [String: Double] = [:]

    // MARK: Reading

    /// Directives in lower case with their arguments, in order.
    func directives(_ value: String) -> [(name: String, argument: String?)] {
        var found: [(String, String?)] = []
        for member in members(value) {
            let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            found.append((parts[0].lowercased(), parts.count == 2 ? unquoted(parts[1]) : nil))
        }
        return found
    }

    /// What stands between commas that are not quoted.
    func members(_ value: String) -> [String] {
        var members = [""]
        var isQuoted = false
        for character in value {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted { members.append("") } else { members[members.count - 1].append(character) }
        }
        return members.map { $0.trimmed }.filter { !$0.isEmpty }
    }

    private func unquoted(_ text: String) -> String {
        text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    /// Seconds; nil where it is no number.
    private func seconds(_ text: String?) -> Double? {
        guard let text, !text.isEmpty, text.allSatisfy({ "0123456789".contains($0) }) else { return nil }
        return min(Double(text) ?? .infinity, 2_147_483_648)
    }

    private func date(_ message: Message, _ name: String) -> Double? {
        message.lines(name).first.flatMap { dates[$0] }
    }

    // MARK: The directives that count

    struct Control {
        var all: [(name: String, argument: String?)] = []
        var isTargeted = false

        func has(_ name: String) -> Bool { all.contains { $0.name == name } }
        func hasBare(_ name: String) -> Bool { all.contains { $0.name == name && ($0.argument ?? "").isEmpty } }
        func argument(_ name: String) -> String?? { all.first { $0.name == name }.map(\.argument) }
    }

    /// RFC 9213: a dictionary of integers and flags, or nothing.
    func control(of response: Message) -> Control {
        let targeted = response.lines("cdn-cache-control").joined(separator: ", ")
        if let all = dictionary(targeted) { return Control(all: all, isTargeted: true) }
        return Control(all: response.lines("cache-control").flatMap(directives))
    }

    private func dictionary(_ text: String) -> [(name: String, argument: String?)]? {
        guard !text.trimmed.isEmpty else { return nil }
        var found: [String: String?] = [:]
        for member in text.split(separator: ",", omittingEmptySubsequences: false).map({ String($0).trimmed }) {
            let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let first = parts[0].first, "abcdefghijklmnopqrstuvwxyz*".contains(first),
                parts[0].allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789_-.*".contains($0) })
            else { return nil }
            if parts.count == 1 {
                found[parts[0]] = .some(nil)
            } else if parts[1].count <= 15, seconds(parts[1]) != nil {
                found[parts[0]] = parts[1]
            } else if parts[1].hasPrefix("\""), parts[1].hasSuffix("\""), parts[1].count > 1 {
                // A string is no number and no flag.
                found[parts[0]] = nil
            } else {
                return nil
            }
        }
        let durations = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"]
        let flags = ["no-store", "no-cache", "private", "public", "must-revalidate", "proxy-revalidate", "immutable"]
        let known = found.filter { durations.contains($0.key) ? $0.value != nil : flags.contains($0.key) }
        return known.isEmpty ? nil : known.map { ($0.key, $0.value) }
    }

    // MARK: Storing (§3)

    func mayStore(_ request: Message, _ response: Message) -> Bool {
        let control = control(of: response)
        let asked = request.lines("cache-control").flatMap(directives).map(\.name)
        if response.status < 200 || [206, 304, 412, 416, 428, 429, 431, 511].contains(response.status) { return false }
        if control.has("no-store") || asked.contains("no-store") { return false }
        if control.hasBare("private") || !response.lines("set-cookie").isEmpty { return false }
        if !request.lines("authorization").isEmpty,
            !control.has("public"), !control.has("s-maxage"), !control.has("must-revalidate")
        {
            return false
        }
        if response.lines("vary").flatMap(members).contains("*") { return false }
        return true
    }

    // MARK: Freshness (§4.2)

    func lifetime(_ request: Message, _ response: Message, receivedAt: Double) -> Double {
        let control = control(of: response)
        for name in ["s-maxage", "max-age"] {
            if let argument = control.argument(name) { return seconds(argument) ?? 0 }
        }
        let made = date(response, "date") ?? receivedAt
        if !control.isTargeted, !response.lines("expires").isEmpty {
            guard let expires = date(response, "expires") else { return 0 }
            return max(0, expires - made)
        }
        let guessable = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]
        guard guessable.contains(response.status) || control.has("public"),
            let changed = date(response, "last-modified"),
            request.lines("cookie").isEmpty, request.lines("authorization").isEmpty
        else { return 0 }
        // At most a day: docs/conformance.md.
        return min(86_400, max(0, (made - changed) / 10))
    }

    func age(_ response: Message, sentAt: Double, receivedAt: Double, now: Double) -> Double {
        let apparent = max(0, receivedAt - (date(response, "date") ?? receivedAt))
        let first = response.lines("age").first.map { members($0).first ?? "" }
        let corrected = (seconds(first) ?? 0) + (receivedAt - sentAt)
        return max(apparent, corrected) + max(0, now - receivedAt)
    }

    // MARK: Serving (§4)

    /// One exchange with the origin that was stored.
    struct Stored {
        var request: Message
        var response: Message
        var sentAt: Double
        var receivedAt: Double
    }

    func selects(_ stored: Stored, _ request: Message) -> Bool {
        stored.response.lines("vary").flatMap(members).allSatisfy { name in
            let name = name.lowercased()
            let (a, b) = (stored.request.lines(name), request.lines(name))
            return a.isEmpty == b.isEmpty && a.flatMap(members) == b.flatMap(members)
        }
    }

    /// Whether it may be sent without asking the origin. `slack` forgives the part of a second that a cache which
    /// counts whole ones can't see.
    func mayServe(
        _ stored: Stored, to request: Message, now: Double, slack: Double = 1, orStale: Bool = true
    ) -> Bool {
        guard mayStore(stored.request, stored.response), selects(stored, request) else { return false }
        let control = control(of: stored.response)
        let asked = request.lines("cache-control").flatMap(directives)
        func wish(_ name: String) -> String?? { asked.first { $0.name == name }.map(\.argument) }
        if control.hasBare("no-cache") || asked.contains(where: { $0.name == "no-cache" }) { return false }
        if asked.isEmpty, request.lines("cache-control").isEmpty,
            request.lines("pragma").contains(where: { members($0).contains("no-cache") })
        {
            return false
        }
        let age = age(stored.response, sentAt: stored.sentAt, receivedAt: stored.receivedAt, now: now)
        let left = lifetime(stored.request, stored.response, receivedAt: stored.receivedAt) - age
        let isFresh = left + slack > 0
        if let oldest = wish("max-age"), !(control.has("immutable") && isFresh) {
            if age > (seconds(oldest) ?? 0) + slack { return false }
            if !isFresh, wish("max-stale") == nil { return false }
        }
        if let least = seconds(wish("min-fresh") ?? nil), left + slack < least { return false }
        return isFresh || orStale && mayServeStale(control, wish("max-stale"), by: -left, slack)
    }

    private func mayServeStale(_ control: Control, _ maxStale: String??, by: Double, _ slack: Double) -> Bool {
        if control.has("must-revalidate") || control.has("proxy-revalidate") { return false }
        if let window = seconds(control.argument("stale-while-revalidate") ?? nil), by < window + slack { return true }
        guard let maxStale, !control.has("s-maxage") else { return false }
        guard let limit = maxStale else { return true }
        return by <= (seconds(limit) ?? -1) + slack
    }
}

extension String {
    var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
