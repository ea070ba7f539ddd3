internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

/// All of a stored response but its body.
struct StoredHead: Sendable {
    var meta: ResponseMeta
    var key: TierKey
    /// Lower-case names of the selecting fields; empty: one representation.
    var varyNames: [[UInt8]]
    /// `Name: value\r\n` lines.
    var fields: [UInt8]
    var etag: Range<Int>?
    /// Packed.
    var tags: [UInt8]

    func response(body: StoredBody) -> StoredResponse {
        StoredResponse(
            meta: meta, key: key.primary, selection: key.selection, fields: fields, etag: etag, tags: tags, body: body)
    }

    /// Makes the head of what the origin sent.
    /// - Parameters:
    ///   - known: a key made before, used again if it is this response's.
    ///   - fields: cleaned of hop-by-hop fields, ready for clients.
    init(
        key known: TierKey, primary: CacheKey, status: Int, fields: FieldBlock, facts: StoreFacts, tags: TagList,
        requestFields: FieldBlock,
        requestTime: Timestamp, asOf: Position, instance: UInt64, localNumber: UInt64
    ) {
        varyNames = facts.vary.names
        let selection = varyNames.isEmpty ? [] : Vary.selection(names: varyNames, request: requestFields)
        key = known.selection == selection ? known : TierKey(primary: primary, selection: selection)
        meta = ResponseMeta(
            status: UInt16(status), freshness: facts.freshness, requestTime: requestTime, asOf: asOf,
            entryID: ResponseMeta.entryID(instance: instance, localNumber: localNumber), instance: instance,
            localNumber: localNumber, tagsCut: tags.cut, lastModified: facts.lastModified)
        self.tags = StoredResponse.packTags(tags.tags)
        self.fields = []
        self.fields.reserveCapacity(fields.bytes.count + 4 * fields.count)
        // The age on arrival is in `freshness`; each answer gets an Age of its own moment.
        for line in fields.lines where line.name != .age {
            let start = self.fields.count
            self.fields.append(contentsOf: fields.nameBytes(line))
            self.fields += [0x3a, 0x20]
            if line.name == .etag, etag == nil {
                let valueStart = self.fields.count
                etag = valueStart..<valueStart + Int(line.valueLength)
            }
            self.fields.append(contentsOf: fields.value(line))
            self.fields += [0x0d, 0x0a]
            precondition(self.fields.count > start)
        }
    }
}

/// The tags of a response, bounded.
struct TagList: Sendable {
    var tags: [[UInt8]] = []
    /// More came than are kept.
    var cut = false

    /// Adds those that a rule sets.
    mutating func add(_ more: [[UInt8]]) {
        for tag in more where !tags.contains(tag) {
            if tags.count < Self.maxTags { tags.append(tag) } else { cut = true }
        }
    }

    static let maxTags = 256
    static let maxLength = 1024

    /// Reads them from the fields that the site names.
    init(_ fields: FieldBlock, _ names: [TagField]) {
        var seen: Set<[UInt8]> = []
        for line in fields.lines {
            guard let field = names.first(where: { $0.names(line, of: fields) }) else { continue }
            let parts = fields.value(line).split { byte in
                switch field.separator {
                case .space: byte == 0x20 || byte == 0x09
                case .comma: byte == 0x2c
                }
            }
            for part in parts {
                let tag = Array(Self.trimmed(part))
                guard !tag.isEmpty else { continue }
                guard tag.count <= Self.maxLength, tags.count < Self.maxTags else {
                    cut = true
                    continue
                }
                if seen.insert(tag).inserted { tags.append(tag) }
            }
        }
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var part = part
        while part.first == 0x20 || part.first == 0x09 { part.removeFirst() }
        while part.last == 0x20 || part.last == 0x09 { part.removeLast() }
        return part
    }
}
