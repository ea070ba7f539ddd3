internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage

/// What a request with `Strata-Debug: 1` is told besides the answer (design.md section 8).
struct DebugReport: Sendable {
    let began: Timestamp
    let key: CacheKey
    /// Nil: there are none.
    let partition: String?
    /// Why the request is not for the cache; nil: it is.
    let bypass: String?

    /// For an answer from the store.
    func fields(of response: StoredResponse, now: Timestamp) -> FieldBlock {
        fields(
            selection: response.selection, tags: RecordCodec.unpack(response.tags) ?? [], reason: "stored",
            originTime: nil, now: now)
    }

    /// For an answer of the origin.
    func fields(of answer: FlightAnswer, now: Timestamp) -> FieldBlock {
        let stored = answer.stored
        let selection = stored?.key.selection ?? []
        return selection.withUnsafeBytes {
            fields(
                selection: $0, tags: stored.flatMap { $0.tags.withUnsafeBytes { RecordCodec.unpack($0) } } ?? [],
                reason: bypass ?? answer.refusal ?? (stored == nil ? "not_shared" : "stored"),
                originTime: answer.originTime, now: now)
        }
    }

    private func fields(
        selection: UnsafeRawBufferPointer, tags: [[UInt8]], reason: String, originTime: Int64?, now: Timestamp
    ) -> FieldBlock {
        var fields = FieldBlock()
        fields.append(nameBytes: "Strata-Key".utf8, keyText)
        if let partition { fields.append(nameBytes: "Strata-Partition".utf8, Array(partition.utf8)) }
        if !selection.isEmpty {
            fields.append(nameBytes: "Strata-Variant".utf8, Vary.description(selection: selection))
        }
        let shown = tags.filter { !GroupTags.isGroup($0) }
        if !shown.isEmpty { fields.append(nameBytes: "Strata-Tags".utf8, Array(shown.joined(separator: [0x20]))) }
        fields.append(nameBytes: "Strata-Reason".utf8, Array(reason.utf8))
        var timing = "strata;dur=\(max(0, now.milliseconds - began.milliseconds))"
        if let originTime { timing += ", origin;dur=\(originTime)" }
        fields.append(nameBytes: "Server-Timing".utf8, Array(timing.utf8))
        return fields
    }

    /// `GET http://host/path?query`.
    private var keyText: [UInt8] {
        guard let parts = key.bytes.withUnsafeBytes({ CacheKeyParts($0) }) else { return [] }
        var text = Array(key.bytes[parts.method])
        text.append(0x20)
        text += key.bytes[parts.scheme]
        text += Array("://".utf8)
        text += key.bytes[parts.host]
        text += key.bytes[parts.path]
        if let query = parts.query {
            text.append(0x3f)
            text += key.bytes[query]
        }
        return text
    }
}
