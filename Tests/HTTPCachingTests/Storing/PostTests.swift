import HTTPCaching
import HTTPMessage
import Testing

@Suite("Answers to POST (RFC 9110 §9.3.3)")
struct PostTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var status = 200
        var response: [(String, String)]
        var target: String? = "http://a.example/form?x=1"
        var refusal: StoreRefusal?
        var testDescription: String { rule }
    }

    private static let fresh = ("Cache-Control", "max-age=60")

    static let rows: [Row] = [
        Row(
            rule: "RFC 9110 §9.3.3 the whole URI",
            response: [fresh, ("Content-Location", "http://A.example:80/form?x=1")]),
        Row(rule: "RFC 9110 §9.3.3 a path", response: [fresh, ("Content-Location", "/form?x=1")]),
        Row(rule: "RFC 9110 §9.3.3 an empty reference", response: [fresh, ("Content-Location", "")]),
        Row(
            rule: "RFC 9110 §9.3.3 Expires is explicit too",
            response: [("Expires", minuteLater), ("Content-Location", "")]),
        Row(rule: "RFC 9110 §9.3.3 none", response: [fresh], refusal: .method),
        Row(rule: "RFC 9110 §9.3.3 another path", response: [fresh, ("Content-Location", "/other")], refusal: .method),
        Row(rule: "RFC 9110 §9.3.3 another query", response: [fresh, ("Content-Location", "/form")], refusal: .method),
        Row(
            rule: "RFC 9110 §9.3.3 another host", response: [fresh, ("Content-Location", "http://b.example/form?x=1")],
            refusal: .method),
        Row(
            rule: "RFC 9110 §9.3.3 two of them", response: [fresh, ("Content-Location", ""), ("Content-Location", "")],
            refusal: .method),
        Row(
            rule: "RFC 9110 §9.3.3 no explicit freshness",
            response: [("Last-Modified", yearEarlier), ("Content-Location", "")], refusal: .noFreshness),
        Row(
            rule: "RFC 9111 §5.2.2.5 no-store",
            response: [("Cache-Control", "no-store, max-age=60"), ("Content-Location", "")],
            refusal: .noStore),
        Row(rule: "a choice: only 200", status: 201, response: [fresh, ("Content-Location", "")], refusal: .method),
        Row(
            rule: "a GET of it would have another key", response: [fresh, ("Content-Location", "")], target: nil,
            refusal: .method),
    ]

    @Test("are stored for later GETs when they say that they are theirs", arguments: rows)
    func decision(row: Row) {
        let decision = Storability.decide(
            method: .post, requestFields: FieldBlock(), status: row.status, responseFields: FieldBlock(row.response),
            requestTime: noon, responseTime: noon, policy: CachingPolicy(), target: row.target.map(bytes))
        switch decision {
        case .store: #expect(row.refusal == nil)
        case .refuse(let refusal): #expect(refusal == row.refusal)
        }
    }

    @Test("no other unsafe method's are (RFC 9111 §3)", arguments: [Method.put, .patch, .delete, .other])
    func others(method: Method) {
        let decision = Storability.decide(
            method: method, requestFields: FieldBlock(), status: 200,
            responseFields: FieldBlock([Self.fresh, ("Content-Location", "")]), requestTime: noon, responseTime: noon,
            policy: CachingPolicy(), target: bytes("http://a.example/"))
        #expect(decision == .refuse(.method))
    }
}
