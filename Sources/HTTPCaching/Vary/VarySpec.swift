package import HTTPMessage

/// The request fields that selected a response (`Vary`, RFC 9110 §12.5.5): lower case, each once, in the order of the
/// response.
package struct VarySpec: Sendable, Equatable {
    package var names: [[UInt8]]

    package init(names: [[UInt8]]) { self.names = names }

    /// No name: every request selects the response.
    package var isEmpty: Bool { names.isEmpty }

    /// A response may not vary by more fields than this: it counts as `*`.
    package static let maxNames = 32

    /// Reads all `Vary` lines. A `*` anywhere, or a member that is no field name, is `.star` (attacks.md 19).
    package static func parse(_ fields: FieldBlock) -> VaryParse {
        var names: [[UInt8]] = []
        let readable = fields.bytes.withUnsafeBytes { bytes in
            for line in fields.lines where line.name == .vary {
                var members = ListCursor(bytes.part(line.valueRange))
                while let member = members.next() {
                    guard Octets.isToken(member), !member.elementsEqual(CollectionOfOne(UInt8(ascii: "*"))) else {
                        return false
                    }
                    let name = member.lowercased
                    if names.contains(name) { continue }
                    guard names.count < maxNames else { return false }
                    names.append(name)
                }
            }
            return true
        }
        guard readable else { return .star }
        return names.isEmpty ? .none : .names(VarySpec(names: names))
    }

    /// Whether one of the names is a field that forwarding writes anew for every request: no later request can be
    /// known to have the same value.
    var namesRewritten: Bool {
        names.contains { name in
            name.withUnsafeBytes { Self.rewritten.contains(FieldName.intern($0)) }
        }
    }

    private static let rewritten: Set<FieldName> = [.forwarded, .via, .xForwardedFor, .xForwardedHost, .xRequestID]

    /// Without the fields that the cache key already holds, or that never reach the origin.
    func withoutKeyed(stripCookies: Bool) -> VarySpec {
        VarySpec(
            names: names.filter { name in
                switch name.withUnsafeBytes({ FieldName.intern($0) }) {
                case .host, .xForwardedProto: false
                case .cookie: !stripCookies
                default: true
                }
            })
    }
}

/// What the `Vary` of a response says.
package enum VaryParse: Sendable, Equatable {
    /// Nothing selected it.
    case none
    /// Something other than request fields, or something unreadable: it matches no later request.
    case star
    case names(VarySpec)
}
