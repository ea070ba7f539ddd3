import HTTPMessage

/// Entity tags (RFC 9110 §8.8.3).
package enum EntityTag {
    /// The weak comparison: equal but for `W/` (RFC 9110 §8.8.3.2).
    static func weaklyEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        let a = opaque(a)
        let b = opaque(b)
        return !a.isEmpty && a.elementsEqual(b)
    }

    /// The strong comparison: equal, and neither is weak (RFC 9110 §8.8.3.2).
    static func stronglyEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        !a.isEmpty && !isWeak(a) && a.elementsEqual(b)
    }

    /// Whether it is a strong entity tag: in quotation marks and without `W/`.
    package static func isStrong(_ tag: ArraySlice<UInt8>) -> Bool {
        tag.count >= 2 && tag.first == Octets.quote && tag.last == Octets.quote
    }

    /// Whether the value has the marks of one entity tag, and can't be a date.
    static func isTag(_ value: UnsafeRawBufferPointer) -> Bool { isWeak(value) || value.first == Octets.quote }

    /// Whether a 304 with `tag` is about a stored response with `stored` (RFC 9111 §4.3.4).
    static func freshens(_ tag: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> Bool {
        isWeak(tag) ? weaklyEqual(tag, stored) : !tag.isEmpty && tag.elementsEqual(stored)
    }

    private static func isWeak(_ tag: UnsafeRawBufferPointer) -> Bool {
        tag.count >= 2 && tag[0] == UInt8(ascii: "W") && tag[1] == Octets.slash
    }

    private static func opaque(_ tag: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        isWeak(tag) ? tag.part(2..<tag.count) : tag
    }

    /// Whether `value` is `*` or a list with a tag weakly equal to `tag` (empty: none). A tag without quotation marks,
    /// as some origins make them, is taken up to the next comma.
    static func list(_ value: UnsafeRawBufferPointer, names tag: UnsafeRawBufferPointer) -> Bool {
        if value.count == 1, value[0] == UInt8(ascii: "*") { return true }
        var start = 0
        while start < value.count {
            let end = memberEnd(value, from: start)
            let member = value.part(start..<end).trimmed
            start = end + 1
            if weaklyEqual(member, tag) { return true }
        }
        return false
    }

    /// Where the member that begins at `start` ends: at a comma outside its quotation marks, of which a tag knows no
    /// escapes.
    private static func memberEnd(_ value: UnsafeRawBufferPointer, from start: Int) -> Int {
        var isQuoted = false
        for i in start..<value.count {
            if value[i] == Octets.quote {
                isQuoted.toggle()
            } else if value[i] == Octets.comma, !isQuoted {
                return i
            }
        }
        return value.count
    }
}
