/// Strata's member of the `Cache-Status` field (RFC 9211). Members of caches nearer to the origin stand in lines of
/// their own before it (§2), so a response's other `Cache-Status` lines stay as they are.
package struct CacheStatus: Sendable, Equatable {
    /// Why a request went to the origin (RFC 9211 §2.2).
    package enum Forward: String, Sendable, CaseIterable {
        case bypass, method
        case uriMiss = "uri-miss"
        case varyMiss = "vary-miss"
        case miss, request, stale, partial
    }

    package var hit: Bool
    /// Seconds of freshness left, negative when stale.
    package var ttl: Int64?
    package var fwd: Forward?
    /// The origin's status, where it differs from the answer's or says more than it.
    package var fwdStatus: Int?
    package var stored: Bool
    package var collapsed: Bool
    /// A tier's name or a reason; written as a token where it is one, else as a string.
    package var detail: String?

    package init(
        hit: Bool = false, ttl: Int64? = nil, fwd: Forward? = nil, fwdStatus: Int? = nil, stored: Bool = false,
        collapsed: Bool = false, detail: String? = nil
    ) {
        self.hit = hit
        self.ttl = ttl
        self.fwd = fwd
        self.fwdStatus = fwdStatus
        self.stored = stored
        self.collapsed = collapsed
        self.detail = detail
    }

    /// `Cache-Status: strata; …` with its CRLF.
    package func appendLine(to out: inout [UInt8]) {
        out.append(contentsOf: "Cache-Status: ".utf8)
        append(to: &out)
        out.append(0x0d)
        out.append(0x0a)
    }

    /// The member alone: `strata; hit; ttl=295; detail=memory`.
    package func append(to out: inout [UInt8]) {
        out.append(contentsOf: "strata".utf8)
        // A member has one of hit and fwd (§2.1, §2.2).
        if hit {
            out.append(contentsOf: "; hit".utf8)
        } else if let fwd {
            out.append(contentsOf: "; fwd=".utf8)
            out.append(contentsOf: fwd.rawValue.utf8)
        }
        if let fwdStatus {
            out.append(contentsOf: "; fwd-status=".utf8)
            Self.append(Int64(fwdStatus), to: &out)
        }
        if let ttl {
            out.append(contentsOf: "; ttl=".utf8)
            Self.append(ttl, to: &out)
        }
        if stored { out.append(contentsOf: "; stored".utf8) }
        if collapsed { out.append(contentsOf: "; collapsed".utf8) }
        if let detail, !detail.isEmpty {
            out.append(contentsOf: "; detail=".utf8)
            Self.append(detail, to: &out)
        }
    }

    /// An integer of RFC 9651 §3.3.1: at most 15 digits.
    private static func append(_ number: Int64, to out: inout [UInt8]) {
        let held = min(max(number, -999_999_999_999_999), 999_999_999_999_999)
        if held < 0 { out.append(UInt8(ascii: "-")) }
        var rest = held.magnitude
        let start = out.count
        repeat {
            out.append(UInt8(0x30 + rest % 10))
            rest /= 10
        } while rest > 0
        out[start...].reverse()
    }

    /// A token of RFC 9651 §3.3.4 or, when it is none, a string of §3.3.3 with `?` for what a string can't hold.
    private static func append(_ text: String, to out: inout [UInt8]) {
        if isToken(text) {
            out.append(contentsOf: text.utf8)
            return
        }
        out.append(Octets.quote)
        for byte in text.utf8 {
            if byte == Octets.quote || byte == Octets.backslash { out.append(Octets.backslash) }
            out.append((0x20...0x7e).contains(byte) ? byte : UInt8(ascii: "?"))
        }
        out.append(Octets.quote)
    }

    private static func isToken(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        guard first == UInt8(ascii: "*") || (first | 0x20) &- UInt8(ascii: "a") < 26 else { return false }
        return text.utf8.allSatisfy { Octets.isToken($0) || $0 == Octets.colon || $0 == Octets.slash }
    }
}
