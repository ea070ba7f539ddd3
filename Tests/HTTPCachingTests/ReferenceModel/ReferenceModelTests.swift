import HTTPCaching
import HTTPMessage
import Testing

/// `HTTPCaching` against the model. Each case has its seed for argument, which a failure prints; one seed is new in
/// every run.
@Suite("Against a model of RFC 9111")
struct ReferenceModelTests {
    static let seeds: [UInt64] = Array(1...24) + [UInt64.random(in: 1000 ... .max)]

    private static func block(_ message: ReferenceModel.Message) -> FieldBlock {
        FieldBlock(message.fields.map { ($0.name, $0.value) })
    }

    private static func time(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(seconds * 1000)) }

    /// What the code decides for the second request.
    enum Decision { case served, validated, notStored, notSelected }

    private static func decide(
        _ stored: ReferenceModel.Stored, _ request: ReferenceModel.Message, now: Double
    ) -> (Decision, Freshness?) {
        let (first, response) = (block(stored.request), block(stored.response))
        let decision = Storability.decide(
            method: .get, requestFields: first, status: stored.response.status, responseFields: response,
            requestTime: time(stored.sentAt), responseTime: time(stored.receivedAt), policy: CachingPolicy())
        guard case .store(let facts) = decision else { return (.notStored, nil) }
        let second = block(request)
        let selection = Vary.selection(names: facts.vary.names, request: first)
        guard selection.withUnsafeBytes({ Vary.matches(selection: $0, request: second) }) else {
            return (.notSelected, facts.freshness)
        }
        // A guess never applies to a request with credentials; the engine looks at this itself.
        let isPersonal = second.contains(.cookie) || second.contains(.authorization)
        if facts.freshness.rules.contains(.guessed), isPersonal { return (.validated, facts.freshness) }
        let reuse = Reuse.decide(
            facts.freshness, request: CacheControl.parse(second), pragmaNoCache: Reuse.pragmaNoCache(second),
            now: time(now))
        switch reuse {
        case .fresh, .stale(_, mayServeWhileRevalidating: true, _): return (.served, facts.freshness)
        case .stale, .validate, .unsatisfiable: return (.validated, facts.freshness)
        }
    }

    @Test("Nothing is stored or served that the model would not (RFC 9111 §3, §4)", arguments: seeds)
    func neverMore(seed: UInt64) {
        var exchange = RandomExchange(seed: seed)
        var served = 0
        var refused = 0
        for _ in 0..<400 {
            let received = 784_111_777 + Double(Int.random(in: 0..<1_000_000, using: &exchange.random))
            let sent = received - exchange.pick([0, 0, 0.4, 3, 100])
            let stored = ReferenceModel.Stored(
                request: exchange.request(), response: exchange.response(at: received), sentAt: sent,
                receivedAt: received)
            let model = ReferenceModel(dates: exchange.dates)
            for _ in 0..<4 {
                let request = exchange.request()
                let now = received + exchange.pick([0, 0.5, 1, 29, 59, 60, 61, 119, 121, 3_600, 100_000, 3e9])
                let (decision, freshness) = Self.decide(stored, request, now: now)
                let story =
                    "seed \(seed): \(stored.request.fields) \(stored.response) then \(request.fields) at +\(now - received)"
                if decision == .served {
                    served += 1
                    let allowed = model.mayServe(stored, to: request, now: now)
                    #expect(allowed, "\(story)")
                } else {
                    refused += 1
                    // The other way, where nothing hangs on a part of a second: what is plainly fresh is used.
                    let plain = request.fields.isEmpty && stored.request.fields.isEmpty && stored.response.status == 200
                    if plain, decision == .notStored || decision == .validated {
                        let isPlain = model.mayServe(stored, to: request, now: now, slack: -2, orStale: false)
                        #expect(!isPlain, "\(story)")
                    }
                }
                guard let freshness else { continue }
                let age = model.age(stored.response, sentAt: sent, receivedAt: received, now: now)
                #expect(
                    abs(Double(freshness.age(at: Self.time(now))) - min(age, 4_294_967_296)) <= 2
                        || age > 2_147_483_000, "\(story)")
            }
        }
        #expect(served > 50 && refused > 50, "the sequences say nothing: \(served) served, \(refused) not")
    }

    @Test(
        "A confirmed response is as fresh as the model says of the merged fields (RFC 9111 §3.2, §4.3.4)",
        arguments: seeds)
    func confirmed(seed: UInt64) {
        var exchange = RandomExchange(seed: seed &+ 1_000_000)
        for _ in 0..<200 {
            let received = 784_111_777.0
            var first = exchange.response(at: received)
            first.status = 200
            let update = exchange.response(at: received + 100)
            // The model's merge: each name of the update replaces all of that name, but for what describes the body.
            var merged = first
            merged.fields.removeAll { old in
                ["age", "date"].contains(old.name.lowercased())
                    || update.fields.contains { $0.name.lowercased() == old.name.lowercased() }
            }
            merged.fields += update.fields.filter { $0.name != "Set-Cookie" }
            let cookies = first.fields.filter { $0.name == "Set-Cookie" }
            if merged.lines("set-cookie").isEmpty { merged.fields += cookies }
            let fields = StoredFields.merge(stored: Self.block(first), from304: Self.block(update))
            let model = ReferenceModel(dates: exchange.dates)
            let stored = ReferenceModel.Stored(
                request: .init(), response: merged, sentAt: received + 100, receivedAt: received + 100)
            let decision = Storability.decide(
                method: .get, requestFields: FieldBlock(), status: 200, responseFields: fields,
                requestTime: Self.time(received + 100), responseTime: Self.time(received + 100),
                policy: CachingPolicy())
            guard case .store(let facts) = decision else { continue }
            let story = "seed \(seed): \(first.fields) updated by \(update.fields)"
            let mayStore = model.mayStore(.init(), merged)
            #expect(mayStore, "\(story)")
            let now = received + 130
            let reuse = Reuse.decide(
                facts.freshness, request: CacheControl(), pragmaNoCache: false, now: Self.time(now))
            guard case .fresh = reuse else { continue }
            let mayServe = model.mayServe(stored, to: .init(), now: now)
            #expect(mayServe, "\(story)")
        }
    }

    @Test(
        "The model itself knows the examples of the RFC",
        arguments: [
            ("max-age=60", 59.0, true), ("max-age=60", 62.0, false), ("no-store, max-age=60", 0.0, false),
            ("private, max-age=60", 0.0, false), ("s-maxage=60, max-age=0", 30.0, true),
            ("no-cache, max-age=60", 0.0, false),
            ("max-age=1, stale-while-revalidate=60", 30.0, true),
            ("max-age=1, stale-while-revalidate=60, must-revalidate", 30.0, false),
        ])
    func model(control: String, age: Double, serves: Bool) {
        let stored = ReferenceModel.Stored(
            request: .init(), response: .init(fields: [("Cache-Control", control)]), sentAt: 0, receivedAt: 0)
        #expect(ReferenceModel().mayServe(stored, to: .init(), now: age) == serves)
    }
}
