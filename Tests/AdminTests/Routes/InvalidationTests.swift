import CacheModel
import Engine
import Foundation
import HTTPMessage
import Invalidation
import Synchronization
import TestSupport
import Testing

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func post(_ path: String, _ body: String, _ fields: [String] = [], to address: Address) async throws
    -> RawResponse
{
    try await RawClient.request(
        "POST", path, fields, body: body, to: address)
}

@Suite("POST /cache/invalidate and DELETE /cache/keys")
struct InvalidationTests {
    @Test("all selectors in one wish, with how and how long")
    func everything() async throws {
        let proxy = ToldProxy()
        let body =
            #"{"urls":["http://Shop.example:80/a?b=1"],"tags":["x","y"],"prefixes":["shop.example/p/*"],"#
            + #""patterns":["/n/*"],"hosts":["old.example"],"all":true,"soft":true,"wait":"2s"}"#
        let response = try await withAdmin(proxy) { try await post("/cache/invalidate", body, to: $0) }
        #expect(response.status == 200, "\(response.text)")
        let (wish, caller) = try #require(proxy.purged.withLock { $0.first })
        #expect(
            Set(wish.targets) == [
                .url(host: bytes("shop.example"), path: bytes("/a"), query: bytes("b=1")), .tag(bytes("x")),
                .tag(bytes("y")), .prefix(host: bytes("shop.example"), prefix: bytes("/p/")), .glob(bytes("/n/*")),
                .host(bytes("old.example")), .all,
            ])
        #expect(wish.mode == .soft && wish.waitMilliseconds == 2_000 && !wish.refresh)
        #expect(caller.interface == "admin" && caller.address == "127.0.0.1" && caller.who == "address")
        let object = try response.json
        #expect(object["purged"] as? Bool == true && object["mode"] as? String == "soft")
        #expect(object["position"] as? String == "0000000000000001-7")
    }

    @Test("single strings do for lists; refresh is soft")
    func strings() async throws {
        let proxy = ToldProxy()
        let response = try await withAdmin(proxy) {
            try await post("/cache/invalidate", #"{"tags":"x","refresh":true}"#, to: $0)
        }
        #expect(response.status == 200)
        let wish = try #require(proxy.purged.withLock { $0.first?.wish })
        #expect(wish.targets == [.tag(bytes("x"))] && wish.refresh && wish.mode == .soft)
    }

    @Test(
        "what is malformed is 400, names its member, and reaches the audit log",
        arguments: [
            ("", "body"), ("{", "body"), ("[]", "body"), ("7", "body"), (#"{"tagz":["a"]}"#, "tagz"),
            (#"{"tags":5}"#, "tags"), (#"{"tags":[5]}"#, "tags"), (#"{"tags":[""]}"#, "tags"),
            (#"{"tags":true}"#, "tags"), (#"{"tags":["\u0000http"]}"#, "tags"), (#"{"urls":["/a"]}"#, "urls"),
            (#"{"urls":["ftp://h/a"]}"#, "urls"), (#"{"urls":["http://h/../a"]}"#, "urls"),
            (#"{"urls":["http://u@h/"]}"#, "urls"), (#"{"prefixes":["/a"]}"#, "prefixes"),
            (#"{"hosts":["a/b"]}"#, "hosts"), (#"{"hosts":[""]}"#, "hosts"), (#"{"patterns":["abc"]}"#, "patterns"),
            (#"{"patterns":["/a b"]}"#, "patterns"), (#"{"all":"yes"}"#, "all"), (#"{"all":true,"soft":1}"#, "soft"),
            (#"{"all":true,"wait":2}"#, "wait"), (#"{"all":true,"wait":""}"#, "wait"), ("{}", "selector"),
            (#"{"tags":null}"#, "tags"), (#"{"all":null}"#, "all"), (#"{"all":true,"nope":1}"#, "nope"),
            (#"{"tags":"a","tags":"b"}"#, "tags"), (#"{"all":true, "soft":false ,"soft" : true}"#, "soft"),
            (#"{"all":false}"#, "all"), (#"{"tags":["a"],"wait":"2h"}"#, "wait"),
            (#"{"tags":[],"partition":"shop"}"#, "tags"), (#"{"all":false,"partition":"shop"}"#, "all"),
            (#"{"partitions":[]}"#, "partitions"), (#"{"all":true,"again":"10m"}"#, "again"),
            (#"{"tags":"a","t\u0061gs":"b"}"#, #"t\u0061gs"#), (#"{"s\u006fft":false,"all":true}"#, #"s\u006fft"#),
        ])
    func malformed(body: String, field: String) async throws {
        let proxy = ToldProxy()
        let response = try await withAdmin(proxy) { try await post("/cache/invalidate", body, to: $0) }
        try expectProblem(response, 400)
        #expect(try response.json["field"] as? String == field)
        let audited = proxy.refused.withLock { $0.map(\.answer.status) } + proxy.purged.withLock { $0.map { _ in 400 } }
        #expect(audited == [400])
    }

    @Test(
        "fields of PURGE that would do nothing here are refused, and so is a body that no purge can be",
        arguments: [
            "Purge-Partition: shop", "Soft-Purge: 1", "Fastly-Soft-Purge: 1", "Purge-Wait: 1s", "Purge-Again: 1s",
        ])
    func fieldsOfPurge(field: String) async throws {
        let proxy = ToldProxy()
        let name = String(field.prefix { $0 != ":" })
        try await withAdmin(proxy) { address in
            for (method, path, body) in [
                ("POST", "/cache/invalidate", #"{"all":true}"#), ("DELETE", "/cache/keys/shop.example/a", ""),
            ] {
                let response = try await RawClient.request(method, path, [field], body: body, to: address)
                try expectProblem(response, 400)
                #expect(try response.json["field"] as? String == name)
            }
            let long = try await post("/cache/invalidate", String(repeating: " ", count: 17 << 20), to: address)
            try expectProblem(long, 413)
            #expect(try long.json["field"] as? String == "body")
        }
        #expect(proxy.refused.withLock { $0.map(\.answer.status) } == [400, 400, 413])
        #expect(proxy.purged.withLock { $0.isEmpty })
    }

    @Test(
        "DELETE takes a URL or a pattern, encoded or not",
        arguments: [
            ("/cache/keys/shop.example/a", PurgeTarget.url(host: bytes("shop.example"), path: bytes("/a"), query: nil)),
            (
                "/cache/keys/shop.example%2Fa%3Fb=1",
                .url(host: bytes("shop.example"), path: bytes("/a"), query: bytes("b=1"))
            ),
            ("/cache/keys/shop.example/a/*", .glob(bytes("shop.example/a/*"))),
            ("/cache/keys/%2Fa%2F*", .glob(bytes("/a/*"))), ("/cache/keys/*.css", .glob(bytes("*.css"))),
            ("/cache/keys/*", .all),
            // As a URL is written: what is encoded in it is of the key.
            ("/cache/keys/shop.example/a%2Fb*", .glob(bytes("shop.example/a%2Fb*"))),
            ("/cache/keys/shop.example/caf%C3%A9%2A", .glob(bytes("shop.example/caf%C3%A9*"))),
            ("/cache/keys/shop.example/a%2Fb", .url(host: bytes("shop.example"), path: bytes("/a%2Fb"), query: nil)),
            ("/cache/keys/shop.example%2Fa%252Fb*", .glob(bytes("shop.example/a%2Fb*"))),
            ("/cache/keys/shop.example/a%3Fb", .url(host: bytes("shop.example"), path: bytes("/a"), query: bytes("b"))),
        ])
    func delete(path: String, target: PurgeTarget) async throws {
        let proxy = ToldProxy()
        let response = try await withAdmin(proxy) { try await RawClient.request("DELETE", path + "?soft", to: $0) }
        #expect(response.status == 200, "\(response.text)")
        let wish = try #require(proxy.purged.withLock { $0.first?.wish })
        #expect(wish.targets == [target] && wish.mode == .soft)
    }

    @Test(
        "what the proxy says becomes a status: 202, 403, 429 with Retry-After, 503",
        arguments: [(202, nil), (403, "no right"), (429, "too many"), (503, "disk full")] as [(Int, String?)])
    func statuses(status: Int, error: String?) async throws {
        let proxy = ToldProxy()
        let order = try PurgeOrder(
            {
                var wish = PurgeWish(); wish.targets = [.all]; return wish
            }()
        ) { _, _ in .init() }
        proxy.told.withLock {
            $0 = [
                PurgeAnswer(
                    status: status, error: error ?? "", order: order,
                    position: nil)
            ]
        }
        let response = try await withAdmin(proxy) { try await post("/cache/invalidate", #"{"all":true}"#, to: $0) }
        #expect(response.status == status)
        if error != nil { try expectProblem(response, status) }
        #expect((response["Retry-After"] != nil) == (status == 429))
    }

    // MARK: Rights

    @Test(
        "who may purge where there is a token: the admin's or one of purge.tokens",
        arguments: [
            (["Authorization: Bearer admin"], 200, "admin.token"), (["Fastly-Key: admin"], 200, "admin.token"),
            (["Authorization: Bearer shop"], 200, "purge.tokens[0]"), (["Fastly-Key: shop"], 200, "purge.tokens[0]"),
            ([], 403, nil), (["Fastly-Key: other"], 403, nil), (["Authorization: Basic shop"], 403, nil),
            (["Fastly-Key: shop", "Fastly-Key: shop"], 403, nil),
        ] as [([String], Int, String?)])
    func tokens(fields: [String], status: Int, who: String?) async throws {
        let proxy = ToldProxy()
        proxy.tokens.withLock { $0 = PurgeTokens([PurgeToken("shop")]) }
        let response = try await withAdmin(proxy, token: "admin") {
            try await post("/cache/invalidate", #"{"all":true}"#, fields, to: $0)
        }
        #expect(response.status == status)
        #expect(proxy.purged.withLock { $0.first?.caller.who } == who)
        #expect(proxy.refused.withLock { $0.count } == (status == 200 ? 0 : 1))
    }

    @Test("a purge token opens nothing but purging")
    func purgeTokenElsewhere() async throws {
        let proxy = ToldProxy()
        proxy.tokens.withLock { $0 = PurgeTokens([PurgeToken("shop")]) }
        let response = try await withAdmin(proxy, token: "admin") {
            try await RawClient.get("/cache/stats", ["Authorization: Bearer shop"], from: $0)
        }
        #expect(response.status == 401)
    }

    @Test(
        "on loopback without tokens: pages, foreign hosts and proxied requests are refused",
        arguments: [
            ([], 200), (["Fastly-Key: anything"], 200), (["Origin: http://localhost"], 403),
            (["Sec-Fetch-Site: cross-site"], 403), (["Sec-Fetch-Site: none"], 200), (["X-Forwarded-For: 1.2.3.4"], 403),
            (["Via: 1.1 tls"], 403), (["Forwarded: for=1.2.3.4"], 403),
        ])
    func loopback(fields: [String], status: Int) async throws {
        let proxy = ToldProxy()
        let response = try await withAdmin(proxy) {
            try await post("/cache/invalidate", #"{"all":true}"#, fields, to: $0)
        }
        #expect(response.status == status)
        #expect(proxy.purged.withLock { $0.count } == (status == 200 ? 1 : 0))
    }
}

@Suite("Fastly's purge API")
struct FastlyTests {
    @Test("one key, soft or hard, encoded or not")
    func key() async throws {
        let proxy = ToldProxy()
        let (hard, soft) = try await withAdmin(proxy) { address in
            let hard = try await RawClient.request("POST", "/service/abc/purge/news%2F1", to: address)
            _ = try await RawClient.request("POST", "/service/abc/purge/news/1", to: address)
            return (
                hard,
                try await RawClient.request(
                    "POST", "/service/abc/purge/front", ["fastly-soft-purge: 1"], to: address)
            )
        }
        #expect(hard.status == 200 && soft.status == 200, "\(hard.text)")
        #expect(try hard.json["status"] as? String == "ok" && hard.json["id"] is String)
        let wishes = proxy.purged.withLock { $0.map(\.wish) }
        #expect(wishes.map(\.targets) == [[.tag(bytes("news/1"))], [.tag(bytes("news/1"))], [.tag(bytes("front"))]])
        #expect(wishes.map(\.mode) == [.hard, .hard, .soft])
        #expect(proxy.purged.withLock { $0.first?.caller.interface } == "fastly")
    }

    @Test("many keys, in the body and in the field, in one record")
    func bulk() async throws {
        let proxy = ToldProxy()
        let response = try await withAdmin(proxy) {
            try await post(
                "/service/abc/purge", #"{"surrogate_keys":["a","b"]}"#, ["Surrogate-Key: c d", "Fastly-Key: k"], to: $0)
        }
        #expect(response.status == 200)
        #expect(Set(try response.json.keys) == ["a", "b", "c", "d"])
        let wish = try #require(proxy.purged.withLock { $0.first?.wish })
        #expect(Set(wish.targets) == Set(["a", "b", "c", "d"].map { .tag(bytes($0)) }))
        let none = try await withAdmin(proxy) { try await post("/service/abc/purge", "{}", to: $0) }
        try expectProblem(none, 400)
        #expect(try none.json["field"] as? String == "surrogate_keys" && none.json["msg"] is String)
    }

    @Test("everything, and single URLs in three ways")
    func others() async throws {
        let proxy = ToldProxy()
        proxy.tokens.withLock { $0 = PurgeTokens([PurgeToken("k")]) }
        try await withAdmin(proxy) { address in
            for path in ["/service/abc/purge_all", "/purge/shop.example/a?b=1", "/purge/shop.example%2Fa%3Fb=1"] {
                let response = try await RawClient.request("POST", path, ["Fastly-Key: k"], to: address)
                #expect(response.status == 200, "\(path): \(response.text)")
            }
            let purge = try await RawClient(address).request(
                "PURGE", "/a?b=1", ["Fastly-Soft-Purge: 1", "Fastly-Key: k"], host: "shop.example")
            #expect(purge.status == 200, "\(purge.text)")
        }
        let url = PurgeTarget.url(host: bytes("shop.example"), path: bytes("/a"), query: bytes("b=1"))
        #expect(proxy.purged.withLock { $0.map(\.wish.targets) } == [[.all], [url], [url], [url]])
        #expect(proxy.purged.withLock { $0.last?.wish.mode } == .soft)
    }

    @Test("PURGE with a foreign Host needs a token on loopback (DNS rebinding)")
    func foreignHost() async throws {
        let proxy = ToldProxy()
        proxy.tokens.withLock { $0 = PurgeTokens([PurgeToken("k")]) }
        let statuses = try await withAdmin(proxy) { address in
            [
                try await RawClient(address).request("PURGE", "/a", host: "shop.example").status,
                try await RawClient(address).request("PURGE", "/a", ["Fastly-Key: k"], host: "shop.example").status,
            ]
        }
        #expect(statuses == [403, 200])
        let url = PurgeTarget.url(host: bytes("shop.example"), path: bytes("/a"), query: nil)
        #expect(proxy.purged.withLock { $0.map(\.wish.targets) } == [[url]])
    }
}

@Suite("GET /cache/keys")
struct KeyRouteTests {
    @Test("the facts of each entry, and where to go on")
    func page() async throws {
        let proxy = ToldProxy()
        proxy.page.withLock {
            $0 = KeyPage(
                entries: [
                    KeyEntry(
                        method: bytes("GET"), url: bytes("http://h/a"), tier: .disk, status: 200, age: 3, ttl: -4,
                        size: 5, tags: [bytes("x")], tagsCut: true, variant: bytes("accept-encoding=gzip"),
                        verdict: .valid, asOf: Position(epoch: 1, n: 2))
                ], cursor: 0x1f)
        }
        let response = try await withAdmin(proxy) {
            try await RawClient.get("/cache/keys?pattern=%2Fa*&tier=disk&limit=7&cursor=2a", from: $0)
        }
        #expect(
            response.text
                == #"{"cursor":"1f","keys":[{"age":3,"method":"GET","position":"0000000000000001-2","size":5,"#
                + #""state":"stale","status":200,"tags":["x"],"tags_cut":true,"tier":"disk","ttl":-4,"#
                + #""url":"http://h/a","variant":"accept-encoding=gzip"}],"tier":"disk"}"# + "\n")
        let query = try #require(proxy.asked.withLock { $0.first })
        #expect(query.pattern == bytes("/a*") && query.tier == .disk && query.limit == 7 && query.cursor == 42)
    }

    @Test(
        "what is malformed is 400",
        arguments: [
            ("tier=tape", "tier"), ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"),
            ("cursor=z", "cursor"), ("cursor=", "cursor"), ("sort=age", "sort"),
        ])
    func malformed(query: String, field: String) async throws {
        let response = try await withAdmin { try await RawClient.get("/cache/keys?\(query)", from: $0) }
        try expectProblem(response, 400)
        #expect(try response.json["field"] as? String == field)
    }
}
