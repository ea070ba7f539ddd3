import TestSupport
import Testing

extension OriginStories {
    @Suite("The origin is away")
    struct OriginAway {
        @Test("Nobody listens: 502 that says so, and it works again once somebody does")
        func refused() async throws {
            let setting = try await Setting.start()
            let port = setting.origin.address.port
            try await setting.origin.process.kill()
            let answer = try await setting.get("/page/away?max-age=60")
            #expect(answer.status == 502)
            #expect(answer.text.contains("the origin failed"), "\(answer.text)")
            #expect(answer.cacheStatus.hasPrefix("strata; fwd=uri-miss"), "\(answer.cacheStatus)")
            #expect(answer["Age"] == nil)
            let again = try await Origin.start(port: port)
            #expect(try await setting.get("/page/away?max-age=60").isStoredMiss)
            #expect(try await again.count("/page/away?max-age=60") == 1)
        }

        @Test(
            "Closed, reset, silent or late: 502 and 504, and nothing is stored",
            arguments: [
                ("/raw/close", 502), ("/raw/reset", 502), ("/raw/never", 504), ("/page/late?delay=5s&max-age=9", 504),
            ])
        func noAnswer(target: String, status: Int) async throws {
            let setting = try await Setting.start { $0.origin = "timeout: 500ms" }
            for turn in 1...2 {
                let answer = try await setting.get(target)
                #expect(answer.status == status)
                #expect(answer.text.contains("the origin failed"), "\(answer.text)")
                #expect(try await setting.originCount(target) == turn)
            }
        }

        @Test("A body that stops coming breaks off after idle_timeout")
        func idle() async throws {
            let setting = try await Setting.start { $0.origin = "idle_timeout: 500ms" }
            let answer = try await setting.get("/page/idle?size=1000&max-age=60&pause=20s&pause-at=100")
            #expect(answer.isCut)
            #expect(answer.body.count == 100)
        }

        @Test(
            "A stale answer is served while the origin fails, whether it is away, slow or answers 5xx",
            arguments: Setting.Layer.allCases)
        func staleIfError(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer]) { $0.origin = "timeout: 500ms" }
            let odd = "/page/odd?statuses=200,520&max-age=0&cc=stale-if-error=600"
            let broken = "/page/broken?statuses=200,503&max-age=0&cc=stale-if-error=600&etag=a&unconditional=1"
            let down = "/page/down?max-age=0&cc=stale-if-error=600"
            let strict = "/page/strict?max-age=0&cc=must-revalidate&etag=s"
            for target in [broken, odd, down, strict] { #expect(try await setting.get(target).status == 200) }
            try await setting.settle()
            let unknown = try await setting.get(odd)
            #expect(unknown.status == 200 && unknown.cacheStatus.contains("fwd-status=520"), "\(unknown.cacheStatus)")
            let kept = try await setting.get(broken)
            #expect(kept.status == 200)
            #expect(kept.cacheStatus.hasPrefix("strata; fwd=stale; fwd-status=503"), "\(kept.cacheStatus)")
            try await setting.origin.process.kill()
            let stale = try await setting.get(down)
            #expect(stale.status == 200)
            #expect(stale.text == "GET /page/down\n")
            #expect(stale.cacheStatus.hasPrefix("strata; fwd=stale"), "\(stale.cacheStatus)")
            #expect(stale.age != nil)
            #expect(try await setting.get(strict).status == 504)
        }

        @Test(
            "After a restart the stale answer comes from below; what must be revalidated is 504",
            arguments: [Setting.Layer.redis, .disk])
        func staleAfterRestart(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let lenient = "/page/lenient?max-age=0&cc=stale-if-error=600&etag=a"
            let strict = ["must-revalidate", "proxy-revalidate", "s-maxage=0"].map {
                "/page/strict?max-age=0&cc=\($0)&etag=a"
            }
            for target in [lenient] + strict { _ = try await setting.get(target) }
            try await setting.settle()
            try await setting.origin.process.kill()
            try await setting.proxy.restart()
            let stale = try await setting.get(lenient)
            #expect(stale.status == 200 && stale.text == "GET /page/lenient\n" && stale.age != nil)
            for target in strict { #expect(try await setting.get(target).status == 504, "\(target)") }
        }

        @Test("A request may ask for a stale answer itself (RFC 5861 §4)", arguments: Setting.Layer.allCases)
        func staleIfErrorAsked(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/asked?max-age=0&cc=stale-if-error=0&etag=a"
            let strict = "/page/strict?max-age=0&cc=must-revalidate&etag=a"
            for target in [target, strict] { _ = try await setting.get(target) }
            try await setting.settle()
            try await setting.origin.process.kill()
            let asks = ["Cache-Control: stale-if-error=600"]
            #expect(try await setting.get(target).status == 504)
            try await setting.settle()
            #expect(try await setting.get(target, asks).text == "GET /page/asked\n")
            #expect(try await setting.get(target, ["Cache-Control: stale-if-error=0"]).status == 504)
            #expect(try await setting.get(strict, asks).status == 504)
        }

        @Test("A fresh answer needs no origin at all")
        func fresh() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            _ = try await setting.get("/page/fresh?max-age=60")
            try await setting.origin.process.kill()
            #expect(try await setting.get("/page/fresh?max-age=60").hitTier == "memory")
            try await setting.proxy.restart()
            #expect(try await setting.get("/page/fresh?max-age=60").hitTier == "redis")
        }
    }
}
