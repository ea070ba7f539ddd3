import HTTPCaching
import Testing

@Suite struct CacheStatusTests {
    @Test(
        "The member reads as tools expect (RFC 9211 §2, design.md section 8)",
        arguments: [
            (CacheStatus(hit: true, ttl: 295, detail: "memory"), "strata; hit; ttl=295; detail=memory"),
            (CacheStatus(hit: true, ttl: -5), "strata; hit; ttl=-5"),
            (CacheStatus(hit: true, ttl: 0), "strata; hit; ttl=0"),
            (CacheStatus(fwd: .uriMiss, stored: true, collapsed: true), "strata; fwd=uri-miss; stored; collapsed"),
            (CacheStatus(fwd: .stale, fwdStatus: 304, detail: "disk"), "strata; fwd=stale; fwd-status=304; detail=disk"),
            (CacheStatus(fwd: .varyMiss), "strata; fwd=vary-miss"),
            (CacheStatus(fwd: .method, detail: "connect_failed"), "strata; fwd=method; detail=connect_failed"),
            (CacheStatus(hit: true, fwd: .miss), "strata; hit"),
            (CacheStatus(fwd: .bypass, detail: "a \"b\" \\ é\r\n"), "strata; fwd=bypass; detail=\"a \\\"b\\\" \\\\ ????\""),
            (CacheStatus(fwd: .request, detail: "9lives"), "strata; fwd=request; detail=\"9lives\""),
            (CacheStatus(fwd: .partial, detail: ""), "strata; fwd=partial"),
            (CacheStatus(hit: true, ttl: .max), "strata; hit; ttl=999999999999999"),
            (CacheStatus(hit: true, ttl: .min), "strata; hit; ttl=-999999999999999"),
            (CacheStatus(), "strata"),
        ])
    func member(status: CacheStatus, expected: String) {
        var out: [UInt8] = []
        status.append(to: &out)
        #expect(text(out) == expected)
    }

    @Test("The line goes after what is there, with its CRLF")
    func line() {
        var out = bytes("Cache-Status: cdn; hit\r\n")
        CacheStatus(fwd: .miss).appendLine(to: &out)
        #expect(text(out) == "Cache-Status: cdn; hit\r\nCache-Status: strata; fwd=miss\r\n")
    }
}
