/// What a tier has, without its body.
package struct TierEntry: Sendable {
    package var key: TierKey
    package var meta: ResponseMeta
    /// Packed.
    package var tags: [UInt8]
    package var bodyLength: Int

    package init(key: TierKey, meta: ResponseMeta, tags: [UInt8], bodyLength: Int) {
        self.key = key
        self.meta = meta
        self.tags = tags
        self.bodyLength = bodyLength
    }

    package init(_ response: StoredResponse) {
        self.init(
            key: TierKey(primary: CacheKey(bytes: Array(response.key)), selection: Array(response.selection)),
            meta: response.meta, tags: Array(response.tags), bodyLength: response.bodyLength)
    }
}

/// A slower tier that can tell what is in it.
package protocol WalkableTier: Tier {
    /// The next entries of a walk: begin with cursor 0 and go on with `next` until it is nil. What is there during the
    /// whole walk comes up once or, when the tier grows meanwhile, may come up twice or not; any number is a safe
    /// cursor. Calls back on `loop`; a tier that can't be read ends the walk.
    /// - Parameter limit: entries looked at, at most.
    func page(
        cursor: UInt64, limit: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (_ entries: [TierEntry], _ next: UInt64?) -> Void)
}
