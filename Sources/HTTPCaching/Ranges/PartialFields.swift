package import HTTPMessage

/// The fields of a 206 and a 416 made from a response that is there whole.
package enum PartialFields {
    /// All fields of the 200, and `Content-Range` (RFC 9110 §15.3.7.1).
    package static func single(_ fields: FieldBlock, _ range: Range<Int>, completeLength: Int) -> FieldBlock {
        var made = withoutDigest(fields)
        made.set(.contentRange, ContentRange(range, completeLength: completeLength).bytes)
        return made
    }

    /// All fields of the 200 with the type of the multipart body; `Content-Range` stands in the parts alone
    /// (RFC 9110 §15.3.7.2).
    package static func several(_ fields: FieldBlock, _ parts: MultipartRanges) -> FieldBlock {
        var made = withoutDigest(fields)
        made.remove(.contentRange)
        made.set(.contentType, parts.contentType)
        return made
    }

    /// Nothing of the 200 but what a 416 needs: a cache before us may keep a 416 that has its `Cache-Control`.
    package static func unsatisfied(length: Int) -> FieldBlock {
        var made = FieldBlock()
        made.append(.cacheControl, "no-store")
        made.append(.contentRange, ContentRange.unsatisfied(length: length))
        return made
    }

    /// `Content-Digest` and the old `Content-MD5` speak of the bytes in the message (RFC 9530 §2), which now are others.
    /// `Repr-Digest` speaks of the whole body and stays.
    private static func withoutDigest(_ fields: FieldBlock) -> FieldBlock {
        var kept = fields
        kept.remove { line in
            line.name == .other && digests.contains { fields.isNamed(line, $0) }
        }
        return kept
    }

    private static let digests = ["content-digest", "content-md5"].map { Array($0.utf8) }
}
