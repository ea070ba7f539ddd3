/// Texts from the file, fit for a message.
enum Quoted {
    /// At most 60 scalars, control characters replaced.
    static func clean(_ text: String) -> String {
        line(String(text.unicodeScalars.prefix(60))) + (text.unicodeScalars.count > 60 ? "…" : "")
    }

    /// Control characters replaced: what is printed stays on its line and paints no terminal.
    static func line(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? "\u{fffd}" : scalar)
        }
        return String(result)
    }

    static func quoted(_ text: String) -> String { "\"\(clean(text))\"" }
}
