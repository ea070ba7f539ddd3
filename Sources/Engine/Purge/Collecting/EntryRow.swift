internal import CacheModel

extension Engine {
    /// Milliseconds that a row of judgements may take.
    private static let rowPatience: Int64 = 2

    /// Takes entries out of `rest`, one after the other, and shows them to `visit`, until that says false or the row has
    /// taken its time: a table with many patterns takes long over each entry, and the loop has others to serve. One entry
    /// at least.
    func visitRow(of rest: inout ArraySlice<StoredResponse>, _ visit: (StoredResponse) -> Bool) {
        let end = bootTime + Self.rowPatience
        while let entry = rest.popFirst() {
            guard visit(entry), bootTime < end else { return }
        }
    }
}
