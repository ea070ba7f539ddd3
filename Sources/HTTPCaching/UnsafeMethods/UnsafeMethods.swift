package import HTTPMessage

/// What a request that may have changed something makes invalid (RFC 9111 §4.4).
package enum UnsafeMethods {
    /// Whether the answer invalidates the target: an unsafe method, or one whose safety nobody knows, and a status of
    /// 2xx or 3xx.
    package static func invalidates(method: Method, status: Int) -> Bool {
        !method.isSafe && (200..<400).contains(status)
    }

    /// The other URIs that the answer invalidates: what Location and Content-Location name, when it has the origin of
    /// the target (another would let one site purge its neighbour). `target` is the absolute URI of the request,
    /// `scheme://host[:port]/path?query`. The result are absolute URIs without fragment, scheme and host in lower case,
    /// dot segments and default port removed; not the target itself. Unreadable references give nothing.
    package static func relatedTargets(_ fields: FieldBlock, target: [UInt8]) -> [[UInt8]] {
        guard fields.contains(.location) || fields.contains(.contentLocation),
            let base = target.withUnsafeBytes({ TargetURI(absolute: $0) })
        else { return [] }
        var found: [[UInt8]] = []
        fields.bytes.withUnsafeBytes { bytes in
            for line in fields.lines where line.name == .location || line.name == .contentLocation {
                guard let uri = TargetURI(reference: bytes.part(line.valueRange), base: base),
                    uri.scheme == base.scheme, uri.authority == base.authority, uri != base
                else { continue }
                let text = uri.bytes
                if found.count < maxTargets, !found.contains(text) { found.append(text) }
            }
        }
        return found
    }

    /// One line of each is what a message may have; a few more are read.
    private static let maxTargets = 4
}
