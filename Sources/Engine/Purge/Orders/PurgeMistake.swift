/// Why a purge is malformed: 400.
package struct PurgeMistake: Error, Sendable, Equatable {
    /// The field of the request, or the member of the body, that is wrong.
    package var field: String
    /// What is wrong with it: a sentence without a full stop.
    package var text: String

    package init(_ field: String, _ text: String) {
        self.field = field
        self.text = text
    }

    /// Both in one sentence.
    package var sentence: String { "\(field): \(text)" }
}
