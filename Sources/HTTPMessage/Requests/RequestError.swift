/// Why a request can't be served. Each one means: answer with `status`, say `Connection: close`, and close; what else
/// the client sent is never parsed (attacks.md 2).
package enum RequestError: Error, Sendable, Equatable, CaseIterable {
    // Lines and bytes.
    case bareLineFeed, bareCarriageReturn, controlCharacter, tooManyEmptyLines
    // The request line.
    case badRequestLine, badMethod, simpleRequest, badVersion, unsupportedVersion, requestLineTooLong
    // Fields.
    case headTooLarge, tooManyFields, foldedLine, emptyFieldName, badFieldName, spaceBeforeColon, missingColon
    case missingHost, duplicateHost, badHost, disguisedField
    // Framing.
    case badContentLength, duplicateContentLength, lengthWithTransferEncoding, badTransferEncoding
    case duplicateTransferEncoding, unknownTransferCoding, transferEncodingInHTTP10
    // The body.
    case bodyTooLarge, badChunkSize, badChunkExtension, chunkExtensionsTooLong, badChunkEnd
    case badTrailer, trailersTooLarge
    // The target.
    case badTarget, fragmentInTarget, userInfoInTarget, badPercentEncoding, dotSegment, backslashInPath, nullInPath
    case overlongEncoding, badTargetByte, connectNotSupported
    // Found out by the caller, here so that one type names every refusal.
    case unknownSite, unknownExpectation, timeout

    /// The status of the answer.
    package var status: Int {
        switch self {
        case .unsupportedVersion: 505
        case .unknownTransferCoding, .connectNotSupported: 501
        case .headTooLarge, .tooManyFields, .trailersTooLarge: 431
        case .unknownSite: 421
        case .unknownExpectation: 417
        case .requestLineTooLong: 414
        case .bodyTooLarge: 413
        case .timeout: 408
        default: 400
        }
    }
}

extension RequestError {
    /// The word for logs and counters: lower case with hyphens.
    package var word: String {
        switch self {
        case .bareLineFeed: "bare-lf"
        case .bareCarriageReturn: "bare-cr"
        case .controlCharacter: "control-character"
        case .tooManyEmptyLines: "empty-lines"
        case .badRequestLine: "bad-request-line"
        case .badMethod: "bad-method"
        case .simpleRequest: "simple-request"
        case .badVersion: "bad-version"
        case .unsupportedVersion: "unsupported-version"
        case .requestLineTooLong: "request-line-too-long"
        case .headTooLarge: "head-too-large"
        case .tooManyFields: "too-many-fields"
        case .foldedLine: "folded-line"
        case .emptyFieldName: "empty-field-name"
        case .badFieldName: "bad-field-name"
        case .spaceBeforeColon: "space-before-colon"
        case .missingColon: "missing-colon"
        case .missingHost: "missing-host"
        case .duplicateHost: "duplicate-host"
        case .badHost: "bad-host"
        case .disguisedField: "disguised-field"
        case .badContentLength: "bad-content-length"
        case .duplicateContentLength: "duplicate-content-length"
        case .lengthWithTransferEncoding: "length-with-transfer-encoding"
        case .badTransferEncoding: "bad-transfer-encoding"
        case .duplicateTransferEncoding: "duplicate-transfer-encoding"
        case .unknownTransferCoding: "unknown-transfer-coding"
        case .transferEncodingInHTTP10: "transfer-encoding-in-http10"
        case .bodyTooLarge: "body-too-large"
        case .badChunkSize: "bad-chunk-size"
        case .badChunkExtension: "bad-chunk-extension"
        case .chunkExtensionsTooLong: "chunk-extensions-too-long"
        case .badChunkEnd: "bad-chunk-end"
        case .badTrailer: "bad-trailer"
        case .trailersTooLarge: "trailers-too-large"
        case .badTarget: "bad-target"
        case .fragmentInTarget: "fragment-in-target"
        case .userInfoInTarget: "user-info-in-target"
        case .badPercentEncoding: "bad-percent-encoding"
        case .dotSegment: "dot-segment"
        case .backslashInPath: "backslash-in-path"
        case .nullInPath: "null-in-path"
        case .overlongEncoding: "overlong-encoding"
        case .badTargetByte: "bad-target-byte"
        case .connectNotSupported: "connect"
        case .unknownSite: "unknown-site"
        case .unknownExpectation: "unknown-expectation"
        case .timeout: "timeout"
        }
    }

    /// One sentence for the client, ASCII, without a byte of what it sent.
    package var text: String {
        switch self {
        case .bareLineFeed: "A line ends in LF without CR."
        case .bareCarriageReturn: "A CR stands without LF."
        case .controlCharacter: "The head holds a control character."
        case .tooManyEmptyLines: "More than two empty lines stand before the request."
        case .badRequestLine: "The request line is not: method, space, target, space, version."
        case .badMethod: "The method is not a token."
        case .simpleRequest: "HTTP/0.9 requests are not served."
        case .badVersion: "The HTTP version is malformed."
        case .unsupportedVersion: "This major version of HTTP is not served here."
        case .requestLineTooLong: "The request line is too long."
        case .headTooLarge: "The head is too large."
        case .tooManyFields: "The message has too many fields."
        case .foldedLine: "A field line is folded or starts with whitespace."
        case .emptyFieldName: "A field line has no name."
        case .badFieldName: "A field name is not a token."
        case .spaceBeforeColon: "Whitespace stands between a field name and its colon."
        case .missingColon: "A field line has no colon."
        case .missingHost: "The Host field is missing."
        case .duplicateHost: "There is more than one Host field."
        case .badHost: "The host is malformed."
        case .disguisedField: "A field name imitates a framing field with an underscore."
        case .badContentLength: "Content-Length is not one number."
        case .duplicateContentLength: "There is more than one Content-Length field."
        case .lengthWithTransferEncoding: "Content-Length and Transfer-Encoding exclude each other."
        case .badTransferEncoding: "Transfer-Encoding is malformed."
        case .duplicateTransferEncoding: "There is more than one Transfer-Encoding field."
        case .unknownTransferCoding: "The transfer coding is not supported; only chunked is."
        case .transferEncodingInHTTP10: "HTTP/1.0 has no Transfer-Encoding."
        case .bodyTooLarge: "The request body is too large."
        case .badChunkSize: "A chunk size is malformed."
        case .badChunkExtension: "A chunk extension is malformed."
        case .chunkExtensionsTooLong: "The chunk extensions are too long."
        case .badChunkEnd: "A chunk does not end in CRLF where its size says."
        case .badTrailer: "A trailer line is malformed."
        case .trailersTooLarge: "The trailer section is too large."
        case .badTarget: "The request target has no form that fits the method."
        case .fragmentInTarget: "The request target holds a fragment."
        case .userInfoInTarget: "The request target holds user information."
        case .badPercentEncoding: "A percent sign is not followed by two hex digits."
        case .dotSegment: "The path holds a dot segment."
        case .backslashInPath: "The path holds a backslash."
        case .nullInPath: "The path holds a NUL."
        case .overlongEncoding: "The path holds an overlong UTF-8 sequence."
        case .badTargetByte: "The request target holds a byte that is not visible ASCII."
        case .connectNotSupported: "CONNECT is not supported."
        case .unknownSite: "No site has this host name."
        case .unknownExpectation: "The expectation is not supported; only 100-continue is."
        case .timeout: "The request did not arrive in time."
        }
    }
}
