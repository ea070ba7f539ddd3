internal import HTTPMessage

/// Who may purge on the public listener (design.md section 8): an address of `purge.allow`, if nothing says that the
/// request came through a proxy, or whoever shows one of the tokens.
struct PurgePermission {
    enum Outcome: Equatable {
        case allowed
        /// For the client: what is missing.
        case refused(String)
    }

    let allow: AddressSet
    let tokens: [[UInt8]]

    func check(_ fields: FieldBlock, from address: ClientAddress) -> Outcome {
        if let shown = shownToken(fields) {
            return isToken(shown) ? .allowed : .refused("the purge token is not valid")
        }
        let forwarded = fields.lines.contains { line in
            line.name == .forwarded || line.name == .xForwardedFor || line.name == .via
        }
        let isAllowed = address.packed.isEmpty || address.packed.withUnsafeBytes { allow.contains($0) }
        guard isAllowed else {
            return .refused("this address may not purge, and no token was sent (Authorization: Bearer, or Fastly-Key)")
        }
        guard !forwarded else {
            return .refused(
                "the request came through a proxy (Forwarded, X-Forwarded-For or Via), so its address does not count:"
                    + " send a token (Authorization: Bearer, or Fastly-Key)")
        }
        return .allowed
    }

    private func shownToken(_ fields: FieldBlock) -> ArraySlice<UInt8>? {
        if let key = fields.first(.fastlyKey) { return fields.value(key) }
        guard let line = fields.first(.authorization) else { return nil }
        let value = fields.value(line)
        let scheme = Array("bearer ".utf8)
        guard value.count > scheme.count, value.prefix(scheme.count).map(FieldBlock.lowercase) == scheme else {
            return []
        }
        return value.dropFirst(scheme.count).drop { $0 == 0x20 }
    }

    /// Compares with every token in a time that depends on the lengths only (attacks.md 23).
    private func isToken(_ shown: ArraySlice<UInt8>) -> Bool {
        var found = false
        for token in tokens {
            var difference = UInt8(token.count == shown.count ? 0 : 1)
            for (index, byte) in shown.enumerated() where !token.isEmpty {
                difference |= byte ^ token[index % token.count]
            }
            if difference == 0, !token.isEmpty { found = true }
        }
        return found
    }
}
