import CCurl

/// Keeps an origin from writing where it must not, in a libcurl from 7.83.0 (its first with a store of header fields) to
/// 8.1.0 (github.com/curl/curl issue 11101): a handle used again keeps a pointer to the last field of its former answer, and
/// an answer whose first field line is folded makes libcurl append to that freed field. Nothing else leads there.
///
/// Those releases show a header line to the debug callback before they look whether it is folded, in the memory that they
/// then read it from. So the callback takes the fold away and the fetch ends as one with a malformed head. They are
/// history and can't change; with every other release this is off. ADR 0007.
enum FoldGuard {
    static let isNeeded: Bool = {
        let version = curl_version_info(CURLVERSION_FIRST)?.pointee.version_num ?? 0
        return version >= 0x07_53_00 && version < 0x08_01_01
    }()

    /// True if the line was folded, and is no more.
    static func mend(_ line: UnsafeMutableRawBufferPointer) -> Bool {
        guard let first = line.first, first == 0x20 || first == 0x09 else { return false }
        line[0] = 0x21
        return true
    }
}
