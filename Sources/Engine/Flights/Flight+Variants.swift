internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage

/// Lists of the variants of a URL in the slower tiers.
extension Flight {
    func variantKeys(of list: VariantIndex) -> [TierKey] { list.keys(under: request.key, request: request.fields) }

    /// Adds a variant to its URL's list in that tier, and takes out what the list has no room for.
    func list(
        _ response: StoredResponse, _ names: [[UInt8]], in setup: Engine.SlowTier, waits: Bool = true,
        _ done: @escaping @Sendable () -> Void
    ) {
        let tier = setup.tier
        let primary = TierKey(primary: request.key)
        let selection = Array(response.selection)
        let ttl = max(timeToKeep(response), FillLimits.listMilliseconds)
        tier.read(primary, on: loop) { read in
            var index = VariantIndex(
                asOf: response.meta.asOf, entryID: .random(in: 1 ... .max), fieldNames: names, selections: [selection])
            var dropped: ArraySlice<[UInt8]> = []
            if case .hit(.variants(let present)) = read {
                index.selections += present.selections.filter { $0 != selection }
                dropped = index.selections.dropFirst(VariantIndex.maxSelections)
                index.selections.removeLast(dropped.count)
            }
            setup.file(.variants(index), key: primary, ttlMilliseconds: ttl, waits: waits, on: self.loop) { _ in done()
            }
            for selection in dropped {
                tier.remove(TierKey(primary: primary.primary, selection: selection), entryID: nil, on: self.loop) { _ in
                }
            }
        }
    }
}

extension VariantIndex {
    /// Where the response for a request may be filed, of the URL with this list. Responses of one URL need not name the
    /// same selecting fields (RFC 9111 §4.1): each set of names that is on the list has one place, the newest first.
    /// - Parameter fields: as the origin would see them.
    func keys(under primary: CacheKey, request fields: FieldBlock) -> [TierKey] {
        var names = [fieldNames]
        for selection in selections where names.count < Self.maxNameSets {
            let others = selection.withUnsafeBytes { Vary.names(selection: $0) }
            if !names.contains(others) { names.append(others) }
        }
        let isFull = selections.count >= Self.maxSelections
        return names.compactMap { names in
            let selection = Vary.selection(names: names, request: fields)
            // A list under a selection would be a loop. What a full list does not name was dropped; one that is not full
            // may lack what was filed by another at the same moment.
            guard !selection.isEmpty, !isFull || selections.contains(selection) else { return nil }
            return TierKey(primary: primary, selection: selection)
        }
    }

    private static let maxNameSets = 4
}
