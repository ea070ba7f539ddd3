import TestSupport
import Testing

extension UserStories {
    @Suite("A page of Next.js")
    struct NextPage {
        @Test(
            "s-maxage=1, stale-while-revalidate=59: nobody ever waits, and the new version comes",
            arguments: Setting.Layer.allCases)
        func incremental(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/version?s-maxage=1&cc=stale-while-revalidate=59&delay=200ms"
            let first = try await setting.get(target)
            #expect(first["Cache-Control"] == "s-maxage=1, stale-while-revalidate=59" && first.isStoredMiss)
            try await setting.settle()
            try await setting.origin.bump()
            var texts: [String] = []
            let isNew = try await eventually(every: .milliseconds(50)) {
                let page = try await setting.get(target)
                // Who comes while the new version is being stored has it from that fill: no wait either.
                let isFromFill = page.text == "version 2\n" && page.cacheStatus.hasSuffix("; collapsed")
                #expect(page.hitTier == layer.rawValue || isFromFill, "\(page.cacheStatus)")
                texts.append(page.text)
                return page.text == "version 2\n"
            }
            #expect(isNew && texts.dropLast().allSatisfy { $0 == "version 1\n" })
        }

        @Test("The rest of the minute is over: the client waits for the new version", arguments: Setting.Layer.allCases)
        func over(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/version?s-maxage=1&age=70&cc=stale-while-revalidate=59"
            _ = try await setting.get(target)
            try await setting.settle()
            try await setting.origin.bump()
            let page = try await setting.get(target)
            #expect(page.text == "version 2\n" && page.hitTier == nil)
        }
    }
}
