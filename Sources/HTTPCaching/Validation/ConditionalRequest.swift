package import HTTPMessage

/// The request that asks the origin whether a stored response is still right (RFC 9111 §4.3.1).
package enum ConditionalRequest {
    /// Takes the client's own conditions and its Range out of a request that fills the store: its answer has to serve
    /// everybody.
    package static func removeConditions(_ fields: inout FieldBlock) {
        fields.remove { line in
            switch line.name {
            case .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .range: true
            default: false
            }
        }
    }

    /// Puts the stored validators in place of the client's conditions. `etag` is the stored value as it is (empty:
    /// none). False when there is no validator: the request then is unconditional.
    @discardableResult
    package static func setValidators(
        _ fields: inout FieldBlock, etag: UnsafeRawBufferPointer, lastModified: Timestamp?
    ) -> Bool {
        removeConditions(&fields)
        if !etag.isEmpty { fields.append(.ifNoneMatch, etag) }
        if let lastModified { fields.append(.ifModifiedSince, HTTPDate.bytes(lastModified)) }
        return !etag.isEmpty || lastModified != nil
    }
}
