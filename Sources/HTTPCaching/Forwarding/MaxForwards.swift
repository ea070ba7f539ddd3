package import HTTPMessage

/// How far a TRACE or OPTIONS may still go (RFC 9110 §7.6.2); the field means nothing with other methods.
package enum MaxForwards: Equatable {
    /// It says nothing, or nothing that is a number.
    case unlimited
    /// It ends here.
    case last
    /// It may be passed on so many times after us.
    case passOn(UInt32)

    package static func read(method: Method, fields: FieldBlock) -> MaxForwards {
        guard method == .trace || method == .options, let line = fields.first(.maxForwards) else { return .unlimited }
        let number = fields.bytes.withUnsafeBytes { DeltaSeconds.parse($0.part(line.valueRange)) }
        guard let number else { return .unlimited }
        return number == 0 ? .last : .passOn(number - 1)
    }
}
