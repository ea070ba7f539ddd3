internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import MemoryTier
internal import NIOCore

/// Copies of what a slower tier had, for the tiers above it.
extension Flight {
    func promote(_ response: StoredResponse, from index: Int) {
        // There may be nothing above it.
        guard index > 0 || partition.memory != nil else { return }
        let setup = partition.slower[index]
        let rules = responseRules(status: Int(response.status), FieldBlock(lines: response.fields))
        let key = TierKey(primary: request.key, selection: Array(response.selection))
        switch rules.promotions.promotion(from: setup) {
        case .never: return
        case .always: break
        case .hits(let wanted): guard setup.promotions.isDue(key, after: wanted) else { return }
        }
        writes = rules.writes
        let above = partition.slower[..<index]
        if case .external(let file) = response.body { return promote(response, of: file, key, to: above, setup.meter) }
        let names = Vary.names(selection: response.selection)
        if store(response, key: key, varyNames: names, in: above, {}) { setup.meter.promotedHit() }
    }

    /// Reads a file's body into memory, if any of the tiers takes one of its size. Nobody waits for it.
    private func promote(
        _ response: StoredResponse, of file: any BodySource, _ key: TierKey, to above: ArraySlice<Engine.SlowTier>,
        _ meter: TierMeter
    ) {
        guard isWanted(bytes: file.length, by: above) else { return }
        gather(file.length, { file.read(from: $0, count: $1, on: self.loop, $2) }) { chunks in
            guard let chunks else { return }
            let copy = StoredResponse(
                meta: response.meta, key: self.request.key, selection: key.selection, fields: Array(response.fields),
                etag: response.etagRange, tags: Array(response.tags), body: .chunk(ByteBuffer.exact(chunks)))
            let names = Vary.names(selection: response.selection)
            if self.store(copy, key: key, varyNames: names, in: above, {}) { meter.promotedHit() }
        }
    }

    typealias PieceReader =
        @Sendable (
            _ offset: Int, _ count: Int, _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void
        ) -> Void

    /// Reads so many bytes, a piece after the other; nil when one can't be read.
    func gather(
        _ length: Int, _ read: @escaping PieceReader, _ chunks: [ByteBuffer] = [],
        _ done: @escaping @Sendable ([ByteBuffer]?) -> Void
    ) {
        let offset = chunks.reduce(0) { $0 + $1.readableBytes }
        guard offset < length else { return done(chunks) }
        read(offset, min(1 << 20, length - offset)) { result in
            guard case .success(let bytes) = result, bytes.readableBytes > 0 else { return done(nil) }
            self.gather(length, read, chunks + [bytes], done)
        }
    }
}
