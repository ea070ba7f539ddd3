/// Why the head of a response is not believed. Each one means: no such response (502, or a stale one), and the
/// connection to the origin is closed.
package enum ResponseHeadError: Error, Sendable, Equatable, CaseIterable {
    case incomplete, bareLineFeed, bareCarriageReturn, controlCharacter
    case badStatusLine, unsupportedVersion, badStatus
    case headTooLarge, tooManyFields, foldedLine, emptyFieldName, badFieldName, spaceBeforeColon, missingColon
    case badContentLength, duplicateContentLength, lengthWithTransferEncoding, badTransferEncoding
    case duplicateTransferEncoding, unknownTransferCoding, transferEncodingInWrongVersion

    init(_ fault: FieldLineFault) {
        switch fault {
        case .folded: self = .foldedLine
        case .emptyName: self = .emptyFieldName
        case .badName: self = .badFieldName
        case .spaceBeforeColon: self = .spaceBeforeColon
        case .missingColon: self = .missingColon
        }
    }

    /// The word for logs and counters: lower case with hyphens.
    package var word: String {
        switch self {
        case .incomplete: "incomplete-head"
        case .bareLineFeed: "bare-lf"
        case .bareCarriageReturn: "bare-cr"
        case .controlCharacter: "control-character"
        case .badStatusLine: "bad-status-line"
        case .unsupportedVersion: "unsupported-version"
        case .badStatus: "bad-status"
        case .headTooLarge: "head-too-large"
        case .tooManyFields: "too-many-fields"
        case .foldedLine: "folded-line"
        case .emptyFieldName: "empty-field-name"
        case .badFieldName: "bad-field-name"
        case .spaceBeforeColon: "space-before-colon"
        case .missingColon: "missing-colon"
        case .badContentLength: "bad-content-length"
        case .duplicateContentLength: "duplicate-content-length"
        case .lengthWithTransferEncoding: "length-with-transfer-encoding"
        case .badTransferEncoding: "bad-transfer-encoding"
        case .duplicateTransferEncoding: "duplicate-transfer-encoding"
        case .unknownTransferCoding: "unknown-transfer-coding"
        case .transferEncodingInWrongVersion: "transfer-encoding-in-wrong-version"
        }
    }

    /// One sentence for the log, ASCII, without a byte of what the origin sent.
    package var text: String {
        switch self {
        case .incomplete: "The head of the response is not complete."
        case .bareLineFeed: "A line of the response's head ends in LF without CR."
        case .bareCarriageReturn: "A CR stands without LF in the response's head."
        case .controlCharacter: "The response's head holds a control character."
        case .badStatusLine: "The status line is malformed."
        case .unsupportedVersion: "The response has an HTTP version that was not asked for."
        case .badStatus: "The status code is not three digits from 100 to 999."
        case .headTooLarge: "The response's head is too large."
        case .tooManyFields: "The response has too many fields."
        case .foldedLine: "A field line of the response is folded."
        case .emptyFieldName: "A field line of the response has no name."
        case .badFieldName: "A field name of the response is not a token."
        case .spaceBeforeColon: "Whitespace stands between a field name of the response and its colon."
        case .missingColon: "A field line of the response has no colon."
        case .badContentLength: "The response's Content-Length is not one number."
        case .duplicateContentLength: "The response has more than one Content-Length field."
        case .lengthWithTransferEncoding: "The response has both Content-Length and Transfer-Encoding."
        case .badTransferEncoding: "The response's Transfer-Encoding is malformed."
        case .duplicateTransferEncoding: "The response has more than one Transfer-Encoding field."
        case .unknownTransferCoding: "The response's transfer coding is unknown; only chunked is supported."
        case .transferEncodingInWrongVersion: "The response has Transfer-Encoding in a version without it."
        }
    }
}
