internal import HTTPMessage

/// Who may purge on the public listener (design.md section 8): an address of `purge.allow`, if nothing says that the
/// request came through a proxy, or whoever shows one of the tokens.
struct PurgePermission {
    enum Outcome: Equatable {
        case allowed(PurgeGrant)
        /// For the client: what is missing.
        case refused(String)
    }

    let allow: AddressSet
    let tokens: PurgeTokens

    func check(_ fields: FieldBlock, from address: ClientAddress) -> Outcome {
        if let shown = PurgeTokens.shown(fields) {
            return tokens.grant(shown).map { .allowed($0) } ?? .refused("the purge token is not valid")
        }
        guard address.packed.withUnsafeBytes({ allow.contains($0) }) else {
            return .refused("this address may not purge, and no token was sent (Authorization: Bearer, or Fastly-Key)")
        }
        guard !fields.cameThroughProxy else {
            return .refused(
                "the request came through a proxy (Forwarded, X-Forwarded-For or Via), so its address does not count:"
                    + " send a token (Authorization: Bearer, or Fastly-Key)")
        }
        return .allowed(.address)
    }
}

extension FieldBlock {
    /// The socket's address is then not the client's: a TLS terminator on this machine must not make everyone local.
    var cameThroughProxy: Bool {
        lines.contains { $0.name == .forwarded || $0.name == .xForwardedFor || $0.name == .via }
    }
}

/// The tokens of `purge.tokens`.
package struct PurgeTokens: Sendable {
    let tokens: [PurgeToken]

    package init(_ tokens: [PurgeToken]) { self.tokens = tokens }

    package var isEmpty: Bool { tokens.isEmpty }

    /// The token that a request shows: `Fastly-Key`, or `Authorization: Bearer`. Empty for another scheme.
    static func shown(_ fields: FieldBlock) -> ArraySlice<UInt8>? {
        if let key = fields.first(.fastlyKey) { return fields.value(key) }
        guard let line = fields.first(.authorization) else { return nil }
        let value = fields.value(line)
        let scheme = Array("bearer ".utf8)
        guard value.count > scheme.count, value.prefix(scheme.count).map(FieldBlock.lowercase) == scheme else {
            return []
        }
        return value.dropFirst(scheme.count).drop { $0 == 0x20 }
    }

    /// What the token opens; nil: nothing. Compared with all of them, each in constant time.
    package func grant(_ shown: some Collection<UInt8>) -> PurgeGrant? {
        var found: PurgeGrant?
        let shown = Array(shown)[...]
        for (index, token) in tokens.enumerated() where token.matches(shown) {
            found = found ?? PurgeGrant(token: token, at: index)
        }
        return found
    }
}
