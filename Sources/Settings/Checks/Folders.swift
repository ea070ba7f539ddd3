/// Paths as text: nothing is looked up.
enum Folders {
    /// Without `.`, doubled and closing slashes.
    static func normal(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    /// The folder `name` in the same folder as `path`.
    static func beside(_ path: String, _ name: String) -> String {
        let clean = normal(path)
        guard let slash = clean.lastIndex(of: "/") else { return clean == name ? "\(name).d" : name }
        let sibling = clean[...slash] + name
        return sibling == clean ? "\(sibling).d" : String(sibling)
    }
}
