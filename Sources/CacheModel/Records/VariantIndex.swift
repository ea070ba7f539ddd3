package import Invalidation

/// The record under a URL whose responses vary: which request fields select (lower-case names, in the order of the
/// response's `Vary`), and the selections that were stored, newest first, so that a purge can count and delete them.
package struct VariantIndex: Sendable, Equatable {
    package var asOf: Position
    package var entryID: UInt64
    package var fieldNames: [[UInt8]]
    package var selections: [[UInt8]]

    /// More variants of one URL than this are not listed (attacks.md 19); the oldest falls out.
    package static let maxSelections = 64

    package init(asOf: Position, entryID: UInt64, fieldNames: [[UInt8]], selections: [[UInt8]]) {
        self.asOf = asOf
        self.entryID = entryID
        self.fieldNames = fieldNames
        self.selections = selections
    }

    package static func == (a: VariantIndex, b: VariantIndex) -> Bool {
        a.asOf == b.asOf && a.entryID == b.entryID && a.fieldNames == b.fieldNames && a.selections == b.selections
    }
}
