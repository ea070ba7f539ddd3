/// What the command line says. It wins over the file.
package struct Overrides: Sendable {
    /// `--listen`, in the form of the key `listen`: replaces the file's list. Empty: not given.
    package var listen: [String]
    /// `--origin URL`: one site `*` with this origin. A file with sites of its own does not go with it: that is a mistake,
    /// because a URL on the command line can't say which of them it means.
    package var origin: String?
    /// `--admin`, in the form of the key `admin.listen`.
    package var adminListen: String?

    package init(listen: [String] = [], origin: String? = nil, adminListen: String? = nil) {
        self.listen = listen
        self.origin = origin
        self.adminListen = adminListen
    }
}
