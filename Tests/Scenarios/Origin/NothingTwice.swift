import TestSupport
import Testing

extension OriginStories {
    @Suite("No request reaches the origin twice")
    struct NothingTwice {
        @Test("On a kept connection that ends without an answer", arguments: ["GET", "POST", "PUT", "DELETE", "BREW"])
        func keptConnection(method: String) async throws {
            let setting = try await Setting.start()
            for target in ["/raw/close", "/raw/reset"] {
                // Leaves a connection to the origin that is used again.
                _ = try await setting.get("/page/first?cc=no-store")
                let answer = try await setting.request(method, target, body: method == "GET" ? "" : "a=1")
                #expect(answer.status == 502)
                #expect(try await setting.originCount(target) == 1)
            }
            // The question that counts opens connections of its own: the proxy's are those left.
            #expect(try await setting.originCount("/page/first?cc=no-store") == 2)
        }

        @Test("A kept connection that the origin has closed since is not used", arguments: ["GET", "POST"])
        func closedWhileIdle(method: String) async throws {
            let setting = try await Setting.start()
            for turn in 0..<5 {
                // Nothing in the answer says that its connection ends.
                #expect(try await setting.get("/raw/good-close?turn=\(turn)").text == "hello")
                try await Task.sleep(for: .milliseconds(100))
                let answer = try await setting.request(
                    method, "/page/after-\(turn)?cc=no-store", body: method == "GET" ? "" : "a=1")
                #expect(answer.status == 200)
                // Takes its own connection along: the next turn begins without any.
                #expect(try await setting.get("/page/last-\(turn)?cc=no-store&keepalive=0").status == 200)
            }
        }

        @Test("The origin killed and started again between two requests")
        func killed() async throws {
            let setting = try await Setting.start()
            for turn in 1...3 { #expect(try await setting.get("/page/\(turn)?cc=no-store").status == 200) }
            let port = setting.origin.address.port
            try await setting.origin.process.kill()
            let next = try await Origin.start(port: port)
            let answer = try await setting.request("POST", "/page/order", body: "a=1")
            // Whether the old connection's end was seen in time is the kernel's business.
            #expect([200, 502].contains(answer.status))
            #expect(try await next.count("/page/order") == (answer.status == 200 ? 1 : 0))
            #expect(try await setting.request("POST", "/page/order2", body: "a=1").status == 200)
            #expect(try await next.count("/page/order2") == 1)
        }

        @Test("With retry: idempotent a GET is sent once more, a POST never")
        func retry() async throws {
            let setting = try await Setting.start { $0.origin = "retry: idempotent" }
            for (method, count) in [("GET", 2), ("POST", 1), ("PUT", 1)] {
                try await setting.origin.reset()
                _ = try await setting.get("/page/first?cc=no-store")
                let answer = try await setting.request(method, "/raw/close", body: method == "GET" ? "" : "a=1")
                #expect(answer.status == 502)
                #expect(try await setting.originCount("/raw/close") == count, "\(method)")
            }
        }
    }
}
