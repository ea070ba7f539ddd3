import FixtureOrigin
import TestSupport

/// One request of the mix and what must come back.
struct SoakRequest {
    enum Kind: Hashable, CaseIterable {
        /// A small page that stays hot, a large one, one never asked before, one that may not be stored.
        case hit, large, miss, uncacheable
        /// A page that is validated at each use; a variant; a part of a page.
        case revalidated, variant, range
        /// A page of unknown length; a purge; a client that goes away inside the body.
        case chunked, purge, gone
    }

    var kind: Kind
    var method = "GET"
    var path: String
    var query: String
    var fields: [String] = []
    var size: Int
    var status = 200
    /// What of the body is asked for; nil: all.
    var part: Range<Int>?

    var target: String { path + "?" + query }

    /// The turn-th request of a client; over 40 turns each kind comes up.
    init(client: Int, turn: Int) {
        let number = turn % 40
        switch number {
        case 30: self.init(.purge, "/page/hot/\((turn / 40) % 50)", "size=1KB&max-age=3600", size: 0)
        case 31: self.init(.gone, "/page/large/\(turn % 7)", "size=300KB&max-age=3600", size: 300 << 10)
        case 32: self.init(.revalidated, "/page/checked/\(client)", "size=2KB&max-age=0&etag=v1", size: 2 << 10)
        case 33: self.init(.variant, "/page/variant", "size=2KB&max-age=3600&vary=Accept-Language", size: 2 << 10)
        case 34:
            self.init(.range, "/page/ranged/\(turn % 50)", "size=1KB&max-age=3600&ranges=1&etag=v1", size: 1 << 10)
        case 35: self.init(.chunked, "/page/chunked/\(turn % 9)", "size=40KB&chunked=1&max-age=5", size: 40 << 10)
        case 36: self.init(.uncacheable, "/page/private/\(client)", "size=3KB&cc=no-store", size: 3 << 10)
        case 37, 38: self.init(.large, "/page/large/\(turn % 7)", "size=300KB&max-age=3600", size: 300 << 10)
        case 20..<30: self.init(.miss, "/page/miss/\(client)-\(turn)", "size=8KB&max-age=600", size: 8 << 10)
        default:
            self.init(.hit, "/page/hot/\((turn * 7 + client) % 50)", "size=1KB&max-age=3600", size: 1 << 10)
        }
        switch kind {
        case .purge: method = "PURGE"
        case .variant: fields = ["Accept-Language: \(["de", "en", "fr"][(turn / 40) % 3])"]
        case .range:
            // Parts that overlap: they are combined, and make whole pages in time.
            let start = turn / 40 % 10 * 100
            part = start..<min(start + 150, size)
            fields = ["Range: bytes=\(start)-\(start + 149)"]
            status = 206
        default: break
        }
    }

    private init(_ kind: Kind, _ path: String, _ query: String, size: Int) {
        self.kind = kind
        self.path = path
        self.query = query
        self.size = size
    }

    /// What is wrong with the response, or nil.
    func mistake(in response: RawResponse) -> String? {
        if response.status != status { return "\(method) \(target): \(response.status) \(response.cacheStatus)" }
        if kind == .purge { return response.text.contains("\"purged\":true") ? nil : "\(target): \(response.text)" }
        if let part {
            let expected = Array(PageBody.bytes(ofPath: path, size: size)[part])
            return response.body == expected ? nil : "\(target): wrong part, \(response.cacheStatus)"
        }
        if response.isCut || response.body.count != size { return "\(target): \(response.body.count) of \(size) bytes" }
        var expected = PageBody.bytes(ofPath: path, size: size)
        if kind == .variant {
            let shown = Array((fields[0] + "\n").utf8)
            expected.replaceSubrange(..<shown.count, with: shown)
        }
        return response.body == expected ? nil : "\(target): wrong bytes, \(response.cacheStatus)"
    }
}

struct SoakTally: Sendable {
    var counts: [SoakRequest.Kind: Int] = [:]
    var mistakes: [String] = []

    mutating func add(_ other: SoakTally) {
        counts.merge(other.counts, uniquingKeysWith: +)
        mistakes += other.mistakes
    }
}

/// One client of the soak: a kept connection, a request at a time, every answer checked.
struct SoakClient {
    let number: Int
    let proxy: Address

    func run(until end: ContinuousClock.Instant) async -> SoakTally {
        var tally = SoakTally()
        var client: RawClient?
        var turn = number * 3
        while ContinuousClock.now < end, tally.mistakes.count < 10 {
            let request = SoakRequest(client: number, turn: turn)
            do {
                if request.kind == .gone {
                    try await leaveInsideTheBody(request)
                } else {
                    let connection = try client ?? RawClient(proxy)
                    let response = try await connection.request(request.method, request.target, request.fields)
                    if let mistake = request.mistake(in: response) { tally.mistakes.append(mistake) }
                    client = response["Connection"]?.lowercased() == "close" ? nil : connection
                }
            } catch {
                tally.mistakes.append("\(request.target): \(error)")
                client = nil
            }
            tally.counts[request.kind, default: 0] += 1
            turn += 1
        }
        return tally
    }

    private func leaveInsideTheBody(_ request: SoakRequest) async throws {
        let client = try RawClient(proxy)
        try await client.send("GET \(request.target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await client.readBytes(atLeast: 1000)
        client.reset()
    }
}
