package import HTTPMessage

/// How a stored response answers a request with conditions.
package enum ConditionalOutcome: Sendable, Equatable {
    case full
    case notModified
}

/// The client's conditions against a stored response (RFC 9110 §13, RFC 9111 §4.3.2).
package enum Conditional {
    /// If-None-Match decides alone when it is there; else If-Modified-Since does. Conditions count for GET and HEAD on
    /// a stored 200 or 203 only, since they ask whether a success changed. If-Match and If-Unmodified-Since are not for
    /// caches and are ignored here; `RequestCacheability` sends such requests to the origin.
    ///
    /// `etag` is the stored value (empty: none), `lastModified` the stored date. Without the latter the response's
    /// `date` stands for it, and without that the time it was received.
    package static func evaluate(
        method: Method, requestFields: FieldBlock, etag: UnsafeRawBufferPointer, lastModified: Timestamp?,
        date: Timestamp, status: Int, now: Timestamp
    ) -> ConditionalOutcome {
        guard method == .get || method == .head, status == 200 || status == 203 else { return .full }
        var since: FieldBlock.Line?
        var sinceLines = 0
        var hasNoneMatch = false
        for line in requestFields.lines {
            switch line.name {
            case .ifNoneMatch:
                hasNoneMatch = true
                let matches = requestFields.bytes.withUnsafeBytes {
                    EntityTag.list($0.part(line.valueRange), names: etag)
                }
                if matches { return .notModified }
            case .ifModifiedSince:
                since = line
                sinceLines += 1
            default: continue
            }
        }
        // Several dates are no date (RFC 9110 §13.1.3).
        guard !hasNoneMatch, sinceLines == 1, let since,
            let known = HTTPDate.parse(requestFields.value(since), now: now)
        else { return .full }
        return (lastModified ?? date).seconds <= known.seconds ? .notModified : .full
    }

    /// Whether a stored field goes into a 304: all but those that describe the body, and `Last-Modified` only where
    /// no entity tag says more (RFC 9110 §15.4.5).
    package static func isKeptInNotModified(_ name: FieldName, hasEntityTag: Bool) -> Bool {
        switch name {
        case .contentType, .contentEncoding, .contentLanguage, .contentLength, .contentRange, .acceptRanges,
            .transferEncoding, .trailer:
            false
        case .lastModified: !hasEntityTag
        default: true
        }
    }

    /// The fields of a 304 made from a stored response.
    package static func notModifiedFields(_ stored: FieldBlock) -> FieldBlock {
        let hasEntityTag = stored.contains(.etag)
        var kept = stored
        kept.remove { !isKeptInNotModified($0.name, hasEntityTag: hasEntityTag) }
        return kept
    }

    /// Calls back with the lines of a 304 out of stored `Name: value\r\n` lines, without making a field block.
    package static func forEachNotModifiedLine(
        _ stored: UnsafeRawBufferPointer, hasEntityTag: Bool, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var lines = StoredLines(stored)
        while let line = lines.next() {
            if isKeptInNotModified(FieldName.intern(line.name), hasEntityTag: hasEntityTag) { body(line.whole) }
        }
    }
}
