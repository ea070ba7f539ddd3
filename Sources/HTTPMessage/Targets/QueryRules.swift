/// Which query parameters are dropped, and whether the rest is sorted (design.md section 7, `key.query`). Works on
/// canonical query bytes. Only `&` separates parameters: a `;` is part of a name or value (attacks.md 14).
package struct QueryRules: Sendable, Equatable {
    /// Names to drop, where `*` stands for any bytes; compared as bytes, letter case and all.
    package let drop: [[UInt8]]
    /// Whether parameters are ordered by the bytes of their names; those of one name keep their order.
    package let sort: Bool

    package init(drop: [String] = [], sort: Bool = false) {
        self.drop = drop.map { Array($0.utf8) }
        self.sort = sort
    }

    /// Whether no query is changed.
    package var isEmpty: Bool { drop.isEmpty && !sort }

    /// The new query, or nil when it stays as it is. The work is bounded by the query's length times the patterns'.
    package func apply(to query: ArraySlice<UInt8>) -> [UInt8]? {
        guard !isEmpty else { return nil }
        var kept: [Parameter] = []
        var changed = false
        var start = query.startIndex
        while start <= query.endIndex {
            let end = query[start...].firstIndex(of: 0x26) ?? query.endIndex
            let nameEnd = query[start..<end].firstIndex(of: 0x3d) ?? end
            let parameter = Parameter(order: kept.count, name: start..<nameEnd, all: start..<end)
            if isDropped(query[parameter.name]) { changed = true } else { kept.append(parameter) }
            start = end + 1
        }
        if sort { changed = order(&kept, query) || changed }
        guard changed else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(query.count)
        for (index, parameter) in kept.enumerated() {
            if index > 0 { out.append(0x26) }
            out.append(contentsOf: query[parameter.all])
        }
        return out
    }

    private struct Parameter {
        var order: Int
        var name: Range<Int>
        var all: Range<Int>
    }

    private func isDropped(_ name: ArraySlice<UInt8>) -> Bool {
        for pattern in drop where Self.matches(pattern, name) { return true }
        return false
    }

    /// Sorts by name, stably; whether anything moved.
    private func order(_ parameters: inout [Parameter], _ query: ArraySlice<UInt8>) -> Bool {
        let isBefore = { (a: Parameter, b: Parameter) -> Bool in
            if query[a.name].elementsEqual(query[b.name]) { return a.order < b.order }
            return query[a.name].lexicographicallyPrecedes(query[b.name])
        }
        var sorted = true
        for index in parameters.indices.dropFirst() where !isBefore(parameters[index - 1], parameters[index]) {
            sorted = false
            break
        }
        if !sorted { parameters.sort(by: isBefore) }
        return !sorted
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
