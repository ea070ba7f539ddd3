/// What somebody probably meant to write.
enum Nearest {
    /// The candidate with the fewest edits between it and `word`, if there are few. Letter case costs nothing.
    static func match(_ word: String, in candidates: [String]) -> String? {
        let given = Array(word.lowercased().utf8)
        guard !given.isEmpty, given.count <= 64 else { return nil }
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let name = Array(candidate.lowercased().utf8)
            let allowed = max(1, min(3, max(given.count, name.count) / 3))
            let distance = distance(given, name)
            if distance <= allowed, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.name
    }

    /// `; did you mean "size"?`, or nothing.
    static func suggestion(_ word: String, in candidates: [String]) -> String? {
        match(word, in: candidates).map { "; did you mean \"\($0)\"?" }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let same = left[row] == right[column]
                var best = min(previous[column] + (same ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
