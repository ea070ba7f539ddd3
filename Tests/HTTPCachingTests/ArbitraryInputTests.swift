import TestSupport
import HTTPCaching
import HTTPMessage
import Testing

/// Whatever bytes and clocks come in, nothing traps and no duration is negative. Seeds are fixed: a failure repeats.
@Suite struct ArbitraryInputTests {
    static let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, 784_111_777_000, 1 << 40, .max - 1, .max]

    @Test("Freshness arithmetic holds for any clocks, fields and settings", arguments: 0..<40 as Range<UInt64>)
    func freshness(seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            func clock() -> Timestamp { Timestamp(milliseconds: Self.extremes.randomElement(using: &random) ?? 0) }
            func seconds() -> Int64 { Self.extremes.randomElement(using: &random) ?? 0 }
            let policy = CachingPolicy(
                defaultTTL: seconds(), staleWhileRevalidate: seconds(), staleIfError: seconds(),
                ruleTTL: Bool.random(using: &random) ? seconds() : nil, force: Bool.random(using: &random))
            let fields = random.fields()
            let decision = Storability.decide(
                method: .get, requestFields: random.fields(), status: 200, responseFields: fields,
                requestTime: clock(), responseTime: clock(), policy: policy)
            guard case .store(let facts) = decision else { continue }
            let now = clock()
            #expect(facts.freshness.age(at: now) >= 0)
            #expect(facts.freshness.timeToLive(at: now) <= Int64(facts.freshness.lifetime))
            _ = Reuse.decide(
                facts.freshness, request: CacheControl.parse(random.fields()), pragmaNoCache: true, now: now)
            if let etag = facts.etag { #expect(fields.bytes.indices.contains(etag.lowerBound)) }
        }
    }

    @Test("Forwarding, merging and conditions hold for any fields", arguments: 0..<40 as Range<UInt64>)
    func fields(seed: UInt64) {
        var random = SplitMix(state: seed &+ 1000)
        for _ in 0..<100 {
            let (a, b) = (random.fields(), random.fields())
            let context = ForwardingContext(
                clientAddress: bytes("192.0.2.1"), scheme: bytes("http"), host: bytes("a"),
                isTrusted: Bool.random(using: &random), originHost: bytes("o"), requestID: bytes("id"),
                pseudonym: bytes("strata-1"))
            let out = Forwarding.requestFields(a, context: context)
            #expect(!out.contains(.connection))
            #expect(out.values(.host).count == 1)
            #expect(Forwarding.isLoop(out, pseudonym: bytes("strata-1")))
            _ = Forwarding.isLoop(b, pseudonym: bytes("strata-1"))
            let merged = StoredFields.merge(stored: a, from304: b)
            #expect(merged.values(.contentLength).map(text) == a.values(.contentLength).map(text))
            random.value().withUnsafeBytes { etag in
                _ = Conditional.evaluate(
                    method: .get, requestFields: a, etag: etag, lastModified: noon, date: noon, status: 200, now: noon)
                _ = RevalidationOutcome.decide(
                    status: 304, fields: b, storedETag: etag, storedLastModified: noon, now: noon)
            }
            _ = UnsafeMethods.relatedTargets(a, target: random.value())
            _ = UnsafeMethods.relatedTargets(a, target: bytes("http://a/b/c?d"))
            _ = RequestCacheability.asksForPart(a)
            _ = ContentRange.parse(a)
            _ = Reuse.pragmaNoCache(a)
        }
    }

    @Test("A request matches its own selection, and the form of a form is itself", arguments: 0..<40 as Range<UInt64>)
    func selections(seed: UInt64) {
        var random = SplitMix(state: seed &+ 2000)
        for _ in 0..<100 {
            let request = random.fields()
            let names = ["accept-encoding", "cache-control", "cookie", "x-none", "vary", "etag"].map(bytes)
            let selection = Vary.selection(names: names, request: request)
            #expect(selection.withUnsafeBytes { Vary.matches(selection: $0, request: request) })
            // Bring every field to its stored form and select again.
            var normal = FieldBlock()
            for name in names {
                let one = Vary.selection(names: [name], request: request)
                guard one[name.count + 1] == 1 else { continue }
                let lengthBytes = one[(name.count + 2)...].prefix { $0 >= 0x80 }.count + 1
                normal.append(nameBytes: name, one[(name.count + 2 + lengthBytes)...])
            }
            #expect(Vary.selection(names: names, request: normal) == selection)
        }
    }

    @Test("Bytes that are no selection are read to no harm", arguments: 0..<40 as Range<UInt64>)
    func hostileSelections(seed: UInt64) {
        var random = SplitMix(state: seed &+ 3000)
        let request = FieldBlock([("Accept-Encoding", "gzip"), ("Cookie", "a=b")])
        let whole = Vary.selection(names: [bytes("accept-encoding"), bytes("cookie")], request: request)
        for _ in 0..<500 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            damaged.removeLast(Int.random(in: 0...3, using: &random))
            let matches = damaged.withUnsafeBytes { Vary.matches(selection: $0, request: request) }
            // Letter case of a name may change unseen; anything else that matches is the selection itself.
            if matches { #expect(damaged.count == whole.count) }
        }
        let noise = random.value()
        _ = noise.withUnsafeBytes { Vary.matches(selection: $0, request: request) }
        var out: [UInt8] = []
        noise.withUnsafeBytes { Conditional.forEachNotModifiedLine($0, hasEntityTag: true) { out += $0 } }
    }
}
