import HTTPMessage

/// One request field that selects: finds its lines, and brings its value to a form that is the same for all values
/// that mean the same (RFC 9111 §4.1). The form is stable: the form of a form is itself.
struct SelectingField {
    private let name: FieldName
    private let bytes: UnsafeRawBufferPointer
    private let options: ConnectionOptions

    /// `bytes` is a token in lower case, `options` what the request's `Connection` lists.
    init(_ bytes: UnsafeRawBufferPointer, _ options: ConnectionOptions) {
        self.bytes = bytes
        self.options = options
        name = FieldName.intern(bytes)
    }

    private func isNamed(_ line: FieldBlock.Line, _ fields: FieldBlock) -> Bool {
        guard line.name == name, name != .other || fields.isNamed(line, bytes) else { return false }
        return !options.lists(line, of: fields)
    }

    /// Appends the normal form; false when the request lacks the field, which differs from an empty one.
    func appendNormalised(of fields: FieldBlock, to out: inout [UInt8]) -> Bool {
        var joined: [UInt8] = []
        var isPresent = false
        for line in fields.lines where isNamed(line, fields) {
            if isPresent { joined.append(contentsOf: name == .cookie ? [Octets.semicolon, Octets.space] : separator) }
            joined.append(contentsOf: fields.value(line))
            isPresent = true
        }
        guard isPresent else { return false }
        joined.withUnsafeBytes { value in
            switch form {
            case .verbatim: out.append(contentsOf: value)
            case .list: Self.appendList(value, to: &out)
            case .codings: out.append(contentsOf: AcceptEncoding.normalise(value))
            case .weighted: WeightedList.append(value, to: &out)
            }
        }
        return true
    }

    /// Whether the request's value has the normal form `stored` (nil: absent).
    func matches(_ stored: UnsafeRawBufferPointer?, of fields: FieldBlock) -> Bool {
        var found: FieldBlock.Line?
        var isSingle = true
        for line in fields.lines where isNamed(line, fields) {
            if found != nil { isSingle = false }
            found = found ?? line
        }
        guard let stored, let found else { return stored == nil && found == nil }
        // A value that is itself a normal form is its own: most requests end here.
        if isSingle, fields.value(found).elementsEqual(stored) { return true }
        var own: [UInt8] = []
        return appendNormalised(of: fields, to: &own) && own.elementsEqual(stored)
    }

    private enum Form {
        case verbatim, list, codings, weighted
    }

    /// Fields whose value is one thing, in which a comma separates nothing, keep their bytes.
    private var form: Form {
        switch name {
        case .acceptEncoding: .codings
        case .acceptLanguage: .weighted
        case .cookie, .userAgent, .authorization, .referer, .origin, .from, .host, .date, .ifModifiedSince,
            .ifUnmodifiedSince, .contentType, .contentLength:
            .verbatim
        default: .list
        }
    }

    private var separator: [UInt8] { [Octets.comma, Octets.space] }

    /// Members joined by ", " without the whitespace around commas and without empty members. A comma in a quoted
    /// string is none; what follows an unterminated quotation mark stays as it is.
    private static func appendList(_ value: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        var isFirst = true
        var start = 0
        while start < value.count {
            let end = memberEnd(value, from: start)
            let member = value.part(start..<end).trimmed
            start = end + 1
            guard !member.isEmpty else { continue }
            if !isFirst { out.append(contentsOf: [Octets.comma, Octets.space]) }
            out.append(contentsOf: member)
            isFirst = false
        }
    }

    private static func memberEnd(_ value: UnsafeRawBufferPointer, from start: Int) -> Int {
        var i = start
        var isQuoted = false
        while i < value.count {
            let byte = value[i]
            if byte == Octets.quote {
                isQuoted.toggle()
            } else if isQuoted, byte == Octets.backslash {
                i += 1
            } else if byte == Octets.comma, !isQuoted {
                return i
            }
            i += 1
        }
        return value.count
    }
}
