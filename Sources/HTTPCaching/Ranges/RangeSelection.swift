package import HTTPMessage

/// What of a complete body a request gets (RFC 9110 §14.2). Ranges are half open, never empty, and lie within the body.
package enum RangeSelection: Sendable, Equatable {
    /// 200: there is no `Range`, or it is ignored.
    case whole
    /// 206 with `Content-Range`.
    case part(Range<Int>)
    /// 206 of type multipart/byteranges; two ranges or more.
    case parts([Range<Int>])
    /// 416.
    case unsatisfiable
}

/// What the response that is to be cut says of itself, for `If-Range`.
package struct RangeValidators {
    /// The value of `ETag`; empty: none.
    package var etag: UnsafeRawBufferPointer
    package var lastModified: Timestamp?
    /// The value of `Date`.
    package var date: Timestamp?

    package init(etag: UnsafeRawBufferPointer, lastModified: Timestamp?, date: Timestamp?) {
        self.etag = etag
        self.lastModified = lastModified
        self.date = date
    }
}

extension RangeSelection {
    /// Decides for a body of `length` bytes. Only GET has ranges, and only of a 200 (RFC 9110 §14.2). The request's
    /// other conditions come first and are the caller's business: a 304 beats a range (§13.2.2).
    package static func decide(
        method: Method, requestFields: FieldBlock, status: Int, validators: RangeValidators, length: Int,
        now: Timestamp
    ) -> RangeSelection {
        guard method == .get, status == 200, requestFields.contains(.range),
            let set = RangeSet.parse(requestFields),
            RangeCondition.holds(requestFields, validators, now: now)
        else { return .whole }
        return set.resolve(length: length)
    }
}

extension RangeSet {
    /// The ranges that a body of `length` bytes has, in the order of the request. Those that overlap or touch become
    /// one, at the place of the first of them (RFC 9110 §15.3.7.2), so that no byte is sent twice (§17.15). One that
    /// the body does not have is left out; when none is left, the set is unsatisfiable.
    package func resolve(length: Int) -> RangeSelection {
        var ranges: [Range<Int>] = []
        var asksForSuffix = false
        for spec in specs {
            if case .suffix(let count) = spec, count > 0 { asksForSuffix = true }
            if let range = Self.resolve(spec, length: length) { Self.add(range, to: &ranges) }
        }
        switch ranges.count {
        // The last bytes of an empty body are all of it, which `Content-Range` can't say.
        case 0: return asksForSuffix ? .whole : .unsatisfiable
        case 1: return .part(ranges[0])
        default: return .parts(ranges)
        }
    }

    private static func resolve(_ spec: Spec, length: Int) -> Range<Int>? {
        switch spec {
        case .span(let first, let last):
            guard let start = Int(exactly: first), start < length else { return nil }
            // `length` is above `start`, so one less is a position.
            return start..<Int(min(last, Int64(length) - 1)) + 1
        case .from(let first):
            guard let start = Int(exactly: first), start < length else { return nil }
            return start..<length
        case .suffix(let count):
            guard count > 0, length > 0 else { return nil }
            return length - Int(min(count, Int64(length)))..<length
        }
    }

    private static func add(_ range: Range<Int>, to ranges: inout [Range<Int>]) {
        var merged = range
        var place: Int?
        while let index = ranges.firstIndex(where: { touches($0, merged) }) {
            let other = ranges.remove(at: index)
            merged = min(other.lowerBound, merged.lowerBound)..<max(other.upperBound, merged.upperBound)
            place = min(place ?? index, index)
        }
        ranges.insert(merged, at: place ?? ranges.count)
    }

    private static func touches(_ a: Range<Int>, _ b: Range<Int>) -> Bool {
        a.lowerBound <= b.upperBound && b.lowerBound <= a.upperBound
    }
}
