/// Texts from the file, fit for a message.
enum Quoted {
    /// At most 60 scalars, control characters replaced. A URL with something before an `@` shows its scheme alone: what
    /// stands there may be a password, whatever key the URL was written to.
    static func clean(_ text: String) -> String {
        if text.contains("@"), let end = text.firstRange(of: "://")?.upperBound {
            return line(String(text[..<end])) + "…"
        }
        return line(String(text.unicodeScalars.prefix(60))) + (text.unicodeScalars.count > 60 ? "…" : "")
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
