import HTTPMessage

/// How old a response was when it arrived (RFC 9111 §4.2.3).
enum InitialAge {
    /// `corrected_initial_age` in seconds, 0...2^31.
    static func seconds(of fields: FieldBlock, requestTime: Timestamp, responseTime: Timestamp) -> UInt32 {
        let date = FieldDate.first(.date, of: fields, now: responseTime)
        let apparent = date.map { DeltaSeconds.clamp(difference(responseTime.seconds, $0.seconds)) } ?? 0
        let delay = max(0, difference(responseTime.milliseconds, requestTime.milliseconds)) / 1000
        let corrected = DeltaSeconds.clamp(Int64(field(of: fields)) + min(delay, Int64(DeltaSeconds.limit)))
        return max(apparent, corrected)
    }

    /// `age_value`: the first member of `Age`; what is no number counts as absent (RFC 9111 §5.1).
    static func field(of fields: FieldBlock) -> UInt32 {
        guard let line = fields.first(.age) else { return 0 }
        return fields.bytes.withUnsafeBytes { bytes in
            let value = bytes.part(line.valueRange)
            let end = value.firstIndex(of: Octets.comma) ?? value.count
            return DeltaSeconds.parse(value.part(0..<end).trimmed) ?? 0
        }
    }

    /// `a - b`, held within Int64.
    static func difference(_ a: Int64, _ b: Int64) -> Int64 {
        let (result, overflow) = a.subtractingReportingOverflow(b)
        return overflow ? (a < b ? .min : .max) : result
    }
}
