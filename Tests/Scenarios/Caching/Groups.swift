import TestSupport
import Testing

extension CachingStories {
    @Suite("Groups of pages (RFC 9875)")
    struct Groups {
        @Test(
            "An answer to a POST takes every page of the groups that it names out, of its own host only",
            arguments: Setting.Layer.allCases)
        func invalidation(layer: Setting.Layer) async throws {
            let tier = layer.rawValue
            let setting = try await Setting.start([layer])
            let red = "/page/red?max-age=60&header=Cache-Groups:%20%22red%22,%20%22all%22"
            let blue = "/page/blue?max-age=60&header=Cache-Groups:%20%22blue%22"
            let all = "/page/all?max-age=60&header=Cache-Groups:%20%22all%22"
            let other = ["Host: other.example"]
            for target in [red, blue, all] { _ = try await setting.get(target) }
            _ = try await setting.get(red, other)
            try await setting.settle()
            let change = "/page/change?header=Cache-Group-Invalidation:%20%22red%22"
            #expect(try await setting.get(change).status == 200)
            #expect(try await setting.get(red).hitTier == tier, "a GET invalidates nothing (§3)")
            #expect(try await setting.request("POST", change, body: "x").status == 200)
            #expect(try await setting.get(blue).hitTier == tier)
            #expect(try await setting.get(red, other).hitTier == tier, "a group is one of its origin (§2.1)")
            #expect(try await setting.get(all).hitTier == tier, "it shares a group with what went, no more (§2.2)")
            #expect(try await setting.get(red).hitTier == nil)
            guard layer != .memory else { return }
            try await setting.proxy.restart(hard: true)
            #expect(try await setting.get(blue).hitTier == tier)
        }
    }
}
