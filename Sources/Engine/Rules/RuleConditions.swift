internal import HTTPMessage
package import Invalidation

/// What a request, and for some its response, has to be like for a rule. Every condition that is there has to hold; one
/// with several alternatives holds with any of them. None at all: every request.
package struct RuleConditions: Sendable, Equatable {
    /// A field or a cookie that has to be there, with a value that matches.
    package struct Named: Sendable, Equatable {
        /// A field's name in lower case, a cookie's as it is.
        package var name: [UInt8]
        package var value: Glob

        package init(name: [UInt8], value: Glob) {
            self.name = name
            self.value = value
        }
    }

    /// Over the canonical path, without the query.
    package var paths: [Glob] = []
    /// As on the wire; `GET` is for `HEAD` too, which is answered by what `GET` stored.
    package var methods: [[UInt8]] = []
    package var headers: [Named] = []
    package var cookies: [Named] = []
    /// Over the media type without its parameters, in lower case.
    package var contentTypes: [Glob] = []
    package var statuses: [ClosedRange<Int>] = []

    package init() {}

    package init(paths: [Glob]) { self.paths = paths }

    /// Known only once the response's head is there.
    package var nameResponse: Bool { !contentTypes.isEmpty || !statuses.isEmpty }

    /// Two requests for one URL may differ in them.
    package var nameRequest: Bool { !methods.isEmpty || !headers.isEmpty || !cookies.isEmpty }

    func match(path: UnsafeRawBufferPointer) -> Bool {
        paths.isEmpty || paths.contains { $0.matches(path) }
    }

    func match(method: Method, methodBytes: ArraySlice<UInt8>, fields: FieldBlock) -> Bool {
        guard nameRequest else { return true }
        let matchesMethod =
            methods.isEmpty
            || methods.contains { method == .head && $0.elementsEqual("GET".utf8) || $0.elementsEqual(methodBytes) }
        return matchesMethod && headers.allSatisfy { Self.hasField($0, fields) }
            && cookies.allSatisfy { Self.hasCookie($0, fields) }
    }

    func match(status: Int, fields: FieldBlock) -> Bool {
        guard statuses.isEmpty || statuses.contains(where: { $0.contains(status) }) else { return false }
        guard !contentTypes.isEmpty else { return true }
        guard let line = fields.first(.contentType) else { return false }
        let type = Self.trimmed(fields.value(line).prefix { $0 != 0x3b }).map(FieldBlock.lowercase)
        return type.withUnsafeBytes { type in contentTypes.contains { $0.matches(type) } }
    }

    private static func hasField(_ condition: Named, _ fields: FieldBlock) -> Bool {
        fields.lines.contains { line in
            fields.isNamed(line, condition.name) && matches(condition.value, fields.value(line))
        }
    }

    /// `name=value` pairs between semicolons (RFC 6265 §4.2.1).
    private static func hasCookie(_ condition: Named, _ fields: FieldBlock) -> Bool {
        fields.values(.cookie).contains { line in
            line.split(separator: 0x3b).contains { pair in
                let pair = trimmed(pair)
                guard let equals = pair.firstIndex(of: 0x3d) else { return false }
                return pair[..<equals].elementsEqual(condition.name)
                    && matches(condition.value, pair[(equals + 1)...])
            }
        }
    }

    private static func matches(_ glob: Glob, _ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { glob.matches($0) }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while bytes.first == 0x20 || bytes.first == 0x09 { bytes.removeFirst() }
        while bytes.last == 0x20 || bytes.last == 0x09 { bytes.removeLast() }
        return bytes
    }
}
