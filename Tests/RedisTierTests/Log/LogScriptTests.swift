import NIOCore
import RedisTier
import TestSupport
import Testing

@Suite("Scripts of the invalidation log") struct LogScriptTests {
    @Test("each script's name is what the server computes, in both forms")
    func names() throws {
        let (server, _) = try Fixture.shared()
        for script in LogScript.all {
            for form in [script.modern, script.plain] {
                let loaded = try server.command(bytes: [
                    Array("SCRIPT".utf8), Array("LOAD".utf8), Array(form.source.readableBytesView),
                ])
                #expect(loaded.text == String(buffer: form.sha))
            }
        }
    }
}
