internal import HTTPMessage

/// Fields that a rule sets or removes.
package struct FieldChanges: Sendable, Equatable {
    package struct Change: Sendable, Equatable {
        /// Lower case.
        package var name: [UInt8]
        /// As it is written, with the value; nil: the field is removed.
        package var line: (name: [UInt8], value: [UInt8])?

        package init(set name: String, to value: String) {
            self.name = Array(name.lowercased().utf8)
            line = (Array(name.utf8), Array(value.utf8))
        }

        package init(remove name: String) { self.name = Array(name.lowercased().utf8) }

        package static func == (a: Change, b: Change) -> Bool {
            a.name == b.name && a.line?.name == b.line?.name && a.line?.value == b.line?.value
        }
    }

    /// Each name once.
    package private(set) var changes: [Change] = []

    package init(_ changes: [Change] = []) {
        for change in changes { add(change) }
    }

    package var isEmpty: Bool { changes.isEmpty }

    /// Each field is a setting of its own: the first rule that names it decides about it.
    mutating func add(_ change: Change) {
        if !changes.contains(where: { $0.name == change.name }) { changes.append(change) }
    }

    mutating func add(_ other: FieldChanges) {
        for change in other.changes { add(change) }
    }

    /// What is set replaces all lines of that name, at the end.
    func apply(to fields: inout FieldBlock) {
        guard !changes.isEmpty else { return }
        removeAll(from: &fields)
        for change in changes {
            if let line = change.line { fields.append(nameBytes: line.name, line.value) }
        }
    }

    /// Takes out all lines of these names, set or removed.
    func removeAll(from fields: inout FieldBlock) {
        guard !changes.isEmpty else { return }
        let block = fields
        fields.remove { line in changes.contains { block.isNamed(line, $0.name) } }
    }
}
