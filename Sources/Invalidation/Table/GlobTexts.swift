/// The texts of one URL that globs are matched with.
struct GlobTexts: Sendable {
    private let target: [UInt8]
    /// Host, path and query in one piece; without the port, and with it if there is one.
    private let whole: [[UInt8]]

    init(host: [UInt8], name: [UInt8], target: [UInt8]) {
        self.target = target
        whole = name == host ? [name + target] : [name + target, host + target]
    }

    func match(_ glob: Glob) -> Bool {
        if glob.pattern.first == UInt8(ascii: "/") { return target.withUnsafeBytes { glob.matches($0) } }
        return whole.contains { $0.withUnsafeBytes { glob.matches($0) } }
    }
}
