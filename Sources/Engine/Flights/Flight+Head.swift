internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import MemoryTier

/// What the origin's answer to a HEAD says of what is stored (RFC 9111 §4.3.5).
extension Flight {
    /// Takes out the stored responses that it contradicts, if they could have answered this request: the rules let it use
    /// the store, and it selects them. Memory before the answer goes out, slower tiers behind it.
    func compareWithStored(_ head: OriginHead) {
        guard request.method == .head, head.status == 200, request.caching.cacheable else { return }
        let fields = head.fields
        if let parts = partition.partials.find(request.key) {
            let isSame = fields.first(.etag).map { fields.value($0) == parts.etag } ?? true
            if !isSame { partition.partials.remove(request.key) }
        }
        for response in memoryVariants where contradicts(fields, response) { discard(response, from: nil) }
        for setup in partition.slower {
            compare(fields, with: TierKey(primary: request.key), in: setup.tier)
        }
    }

    private var memoryVariants: [StoredResponse] {
        guard let memory = partition.memory else { return [] }
        return request.key.bytes.withUnsafeBytes { memory.variants(hash: request.hash, key: $0, now: engine.clock()) }
    }

    private func compare(_ fields: FieldBlock, with key: TierKey, in tier: any Tier) {
        tier.read(key, on: loop) { read in
            switch read {
            case .miss, .unavailable:
                break
            case .hit(.response(let response)):
                if self.contradicts(fields, response) { self.discard(response, from: tier) }
            case .hit(.variants(let variants)):
                guard key.selection.isEmpty else { return }
                for variant in self.variantKeys(of: variants) { self.compare(fields, with: variant, in: tier) }
            }
        }
    }

    private func contradicts(_ fields: FieldBlock, _ response: StoredResponse) -> Bool {
        // A guessed lifetime is not for requests with credentials, so neither is the comparison.
        let isPersonal = request.fields.contains(.cookie) || request.fields.contains(.authorization)
        guard response.meta.status == 200, !(isPersonal && response.meta.freshness.rules.contains(.guessed)),
            Vary.matches(selection: response.selection, request: request.fields)
        else { return false }
        return HeadComparison.contradicts(
            fields, etag: response.etag, lastModified: response.meta.lastModified, length: response.bodyLength,
            now: engine.clock())
    }

    /// - Parameter tier: a slower one; nil: memory.
    private func discard(_ response: StoredResponse, from tier: (any Tier)?) {
        if let tier {
            let key = TierKey(primary: request.key, selection: Array(response.selection))
            return tier.remove(key, entryID: response.meta.entryID, on: loop) { _ in }
        }
        guard let memory = partition.memory else { return }
        _ = request.key.bytes.withUnsafeBytes {
            memory.remove(
                hash: request.hash, key: $0, selection: response.selection, entryID: response.meta.entryID)
        }
    }
}
