extension RequestError {
    init(_ fault: FieldLineFault) {
        switch fault {
        case .folded: self = .foldedLine
        case .emptyName: self = .emptyFieldName
        case .badName: self = .badFieldName
        case .spaceBeforeColon: self = .spaceBeforeColon
        case .missingColon: self = .missingColon
        }
    }
}

extension RequestParser {
    /// One field line, `start..<end` without its CRLF.
    mutating func parseField(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) throws(RequestError) {
        let split: FieldLine.Split
        do throws(FieldLineFault) { split = try FieldLine.split(bytes, start, end) } catch { throw RequestError(error) }
        guard head.fields.lines.count < limits.fields else { throw .tooManyFields }
        let nameBytes = UnsafeRawBufferPointer(rebasing: bytes[start..<split.nameEnd])
        let name = names.find(nameBytes)
        head.fields.lines.append(
            FieldBlock.Line(
                name: name, nameStart: start - base, nameLength: split.nameEnd - start,
                valueStart: split.valueStart - base, valueLength: split.valueEnd - split.valueStart))
        if name == .other {
            if split.underscore, Self.isDisguised(nameBytes) { throw .disguisedField }
            return
        }
        try note(name, bytes, split, end)
    }

    /// Keeps what a known field means for this message, and refuses what can't be framed or addressed.
    private mutating func note(
        _ name: FieldName, _ bytes: UnsafeRawBufferPointer, _ split: FieldLine.Split, _ end: Int
    ) throws(RequestError) {
        switch name {
        case .host: try noteHost(bytes, split)
        case .contentLength: try noteContentLength(value(bytes, split))
        case .transferEncoding: try noteTransferEncoding(bytes, split, end)
        case .connection: noteConnection(value(bytes, split))
        case .expect: noteExpect(value(bytes, split))
        case .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange: head.traits.insert(.conditional)
        case .range: head.traits.insert(.range)
        case .cacheControl, .pragma: head.traits.insert(.cacheControl)
        case .authorization: head.traits.insert(.authorization)
        case .cookie: head.traits.insert(.cookie)
        case .upgrade: head.traits.insert(.upgrade)
        case .via: head.traits.insert(.via)
        case .acceptEncoding: head.traits.insert(.acceptEncoding)
        case .strataDebug: head.traits.insert(.strataDebug)
        case .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedPort, .xForwardedPrefix, .xForwardedProto,
            .xForwardedScheme, .xForwardedServer:
            head.traits.insert(.forwarded)
        default: break
        }
    }

    @inline(__always)
    private func value(_ bytes: UnsafeRawBufferPointer, _ split: FieldLine.Split) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[split.valueStart..<split.valueEnd])
    }

    private mutating func noteHost(_ bytes: UnsafeRawBufferPointer, _ split: FieldLine.Split) throws(RequestError) {
        guard !head.traits.contains(.host) else { throw .duplicateHost }
        guard Authority(value(bytes, split)) != nil else { throw .badHost }
        head.traits.insert(.host)
        head.hostStart = UInt32(split.valueStart - base)
        head.hostEnd = UInt32(split.valueEnd - base)
    }

    /// RFC 9112 §6.3: two lines or a list are refused even when all numbers agree.
    private mutating func noteContentLength(_ value: UnsafeRawBufferPointer) throws(RequestError) {
        switch head.framing {
        case .length: throw .duplicateContentLength
        case .chunked: throw .lengthWithTransferEncoding
        case .none: break
        }
        guard let length = Text.exactDecimal(value) else { throw .badContentLength }
        head.framing = .length(length)
        head.traits.insert(.bodyFraming)
    }

    /// Exactly `chunked`. More whitespace around it than the customary space is legal, and nobody sends it but to
    /// find two servers that disagree (attacks.md 4): refused.
    private mutating func noteTransferEncoding(
        _ bytes: UnsafeRawBufferPointer, _ split: FieldLine.Split, _ end: Int
    ) throws(RequestError) {
        switch head.framing {
        case .length: throw .lengthWithTransferEncoding
        case .chunked: throw .duplicateTransferEncoding
        case .none: break
        }
        guard head.minorVersion == 1 else { throw .transferEncodingInHTTP10 }
        let lead = split.valueStart - split.nameEnd - 1
        guard split.valueEnd == end, lead == 0 || (lead == 1 && bytes[split.nameEnd + 1] == 0x20) else {
            throw .badTransferEncoding
        }
        switch TransferCoding(value(bytes, split)) {
        case .chunked: head.framing = .chunked
        case .unknown: throw .unknownTransferCoding
        case .malformed: throw .badTransferEncoding
        }
        head.traits.insert(.bodyFraming)
    }

    private mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
        head.traits.insert(.connection)
        connection.read(value)
    }

    private mutating func noteExpect(_ value: UnsafeRawBufferPointer) {
        let isFirst = !head.traits.contains(.expect)
        head.expect = isFirst && Text.equals(value, "100-continue") ? .continue100 : .unknown
        head.traits.insert(.expect)
    }

    /// Names that some origins take for a framing field because they read `_` and `-` as the same (attacks.md 4).
    private static func isDisguised(_ name: UnsafeRawBufferPointer) -> Bool {
        for framing: FieldName in [.contentLength, .transferEncoding] {
            let own = framing.bytes
            guard own.count == name.count else { continue }
            let same = name.indices.allSatisfy { i in
                FieldBlock.lowercase(name[i] == 0x5f ? 0x2d : name[i]) == FieldBlock.lowercase(own[i])
            }
            if same { return true }
        }
        return false
    }
}
