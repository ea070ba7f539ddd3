package import HTTPMessage

/// The fields of a stored response.
package enum StoredFields {
    /// The stored fields brought up to date by those of a 304 (RFC 9111 §3.2): each field of the 304 replaces all
    /// stored lines of its name, where the first of them stood; new ones come last.
    ///
    /// Kept as stored: what belongs to the stored body's bytes (Content-Length, Content-Encoding, Content-Range), what
    /// belongs to one connection, and no cookie comes in. `Age` and `Date` tell of the time of validation, so the old
    /// ones go even when the 304 has none.
    package static func merge(stored: FieldBlock, from304 update: FieldBlock) -> FieldBlock {
        let options = ConnectionOptions(update)
        let incoming = update.lines.filter { isUpdated($0.name) && !options.lists($0, of: update) }
        var merged = FieldBlock()
        var written = [Bool](repeating: false, count: incoming.count)
        for line in stored.lines {
            let replaced = incoming.indices.contains { isSame(incoming[$0], update, line, stored) }
            if !replaced {
                if line.name != .age, line.name != .date { merged.append(line, of: stored) }
                continue
            }
            for i in incoming.indices where !written[i] && isSame(incoming[i], update, line, stored) {
                merged.append(incoming[i], of: update)
                written[i] = true
            }
        }
        for i in incoming.indices where !written[i] { merged.append(incoming[i], of: update) }
        return merged
    }

    /// Takes out the fields of these lower-case names: `StoreFacts.withheldFields`.
    package static func remove(_ names: [[UInt8]], from fields: inout FieldBlock) {
        guard !names.isEmpty else { return }
        let block = fields
        fields.remove { line in names.contains { block.isNamed(line, $0) } }
    }

    private static func isUpdated(_ name: FieldName) -> Bool {
        switch name {
        case .contentLength, .contentEncoding, .contentRange, .setCookie: false
        default: !HopByHop.isDropped(name)
        }
    }

    private static func isSame(
        _ a: FieldBlock.Line, _ first: FieldBlock, _ b: FieldBlock.Line, _ second: FieldBlock
    ) -> Bool {
        guard a.name == b.name, a.nameLength == b.nameLength else { return false }
        guard a.name == .other else { return true }
        return zip(first.nameBytes(a), second.nameBytes(b)).allSatisfy {
            FieldBlock.lowercase($0) == FieldBlock.lowercase($1)
        }
    }
}
