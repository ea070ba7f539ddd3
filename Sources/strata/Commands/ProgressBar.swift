import Foundation

/// How far long work is, on standard error; nothing where that is no terminal.
struct ProgressBar {
    private let total: Int
    private var done = 0
    private let isShown = isatty(STDERR_FILENO) == 1
    private static let width = 40

    init(of total: Int) {
        self.total = max(1, total)
        draw()
    }

    mutating func advance() {
        done += 1
        draw()
    }

    /// Clears the line.
    func end() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }

    private func draw() {
        guard isShown else { return }
        let filled = Self.width * done / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        FileHandle.standardError.write(Data("\r[\(bar)] \(done)/\(total)".utf8))
    }
}
