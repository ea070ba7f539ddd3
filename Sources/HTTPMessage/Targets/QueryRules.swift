/// Which query parameters are kept or dropped, and whether the rest is sorted (design.md section 7, `key.query`). Works on
/// canonical query bytes. Only `&` separates parameters: a `;` is part of a name or value (attacks.md 14).
package struct QueryRules: Sendable, Equatable {
    /// If not nil, names that are not among these are dropped; as in `drop`.
    package let keep: [[UInt8]]?
    /// Names to drop, where `*` stands for any bytes; compared as bytes, letter case and all.
    package let drop: [[UInt8]]
    /// Whether parameters are ordered by the bytes of their names; those of one name keep their order.
    package let sort: Bool

    package init(keep: [String]? = nil, drop: [String] = [], sort: Bool = false) {
        self.keep = keep?.map { Array($0.utf8) }
        self.drop = drop.map { Array($0.utf8) }
        self.sort = sort
    }

    /// Whether no query is changed.
    package var isEmpty: Bool { keep == nil && drop.isEmpty && !sort }

    /// The new query, or nil when it stays as it is; finding that out allocates nothing. The work is bounded by the
    /// query's length times the patterns'.
    package func apply(to query: ArraySlice<UInt8>) -> [UInt8]? {
        guard !isEmpty, changes(query) else { return nil }
        var kept: [Parameter] = []
        var start = query.startIndex
        while let parameter = Parameter(query, from: start) {
            if !isDropped(query[parameter.name]) { kept.append(parameter) }
            start = parameter.all.upperBound + 1
        }
        if sort {
            // Where they stand orders parameters of one name.
            kept.sort { a, b in
                let (x, y) = (query[a.name], query[b.name])
                return x.elementsEqual(y) ? a.all.lowerBound < b.all.lowerBound : x.lexicographicallyPrecedes(y)
            }
        }
        var out: [UInt8] = []
        out.reserveCapacity(query.count)
        for (index, parameter) in kept.enumerated() {
            if index > 0 { out.append(0x26) }
            out.append(contentsOf: query[parameter.all])
        }
        return out
    }

    /// One parameter, as ranges of the query.
    private struct Parameter {
        var name: Range<Int>
        /// Name and value.
        var all: Range<Int>

        /// The parameter that starts at `start`; nil behind the last one, which may be empty.
        init?(_ query: ArraySlice<UInt8>, from start: Int) {
            guard start <= query.endIndex else { return nil }
            let end = query[start...].firstIndex(of: 0x26) ?? query.endIndex
            let nameEnd = query[start..<end].firstIndex(of: 0x3d) ?? end
            name = start..<nameEnd
            all = start..<end
        }
    }

    /// Whether a parameter is to be dropped or stands before one that sorts in front of it.
    private func changes(_ query: ArraySlice<UInt8>) -> Bool {
        var start = query.startIndex
        var previous: Range<Int>?
        while let parameter = Parameter(query, from: start) {
            if isDropped(query[parameter.name]) { return true }
            if sort, let previous, query[parameter.name].lexicographicallyPrecedes(query[previous]) { return true }
            previous = parameter.name
            start = parameter.all.upperBound + 1
        }
        return false
    }

    private func isDropped(_ name: ArraySlice<UInt8>) -> Bool {
        for pattern in drop where Self.matches(pattern, name) { return true }
        guard let keep else { return false }
        for pattern in keep where Self.matches(pattern, name) { return false }
        return true
    }

    /// `*` matches any bytes, also none. On a mismatch only the last `*` takes one byte more, which is enough and keeps
    /// the work at pattern times name.
    static func matches(_ pattern: [UInt8], _ name: ArraySlice<UInt8>) -> Bool {
        var p = 0
        var n = name.startIndex
        var retry: (pattern: Int, name: Int)?
        while n < name.endIndex {
            if p < pattern.count, pattern[p] == 0x2a {
                p += 1
                retry = (p, n)
            } else if p < pattern.count, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let again = retry {
                retry = (again.pattern, again.name + 1)
                p = again.pattern
                n = again.name + 1
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == 0x2a { p += 1 }
        return p == pattern.count
    }
}
