/// `tchar` once more as a table, for the one loop that looks at every byte of every field name. A string constant is
/// read in place, where an array would be built on first use and checked for that on each.
enum NameBytes {
    static let notToken: UInt8 = 0x2e  // .
    static let underscore: UInt8 = 0x5f  // _

    /// What a byte is: `_` for itself, `x` for every other token byte, `.` for the rest. A row holds sixteen bytes.
    private static var classes: StaticString {
        """
        ................\
        ................\
        .x.xxxxx..xx.xx.\
        xxxxxxxxxx......\
        .xxxxxxxxxxxxxxx\
        xxxxxxxxxxx...x_\
        xxxxxxxxxxxxxxxx\
        xxxxxxxxxxx.x.x.\
        ................\
        ................\
        ................\
        ................\
        ................\
        ................\
        ................\
        ................
        """
    }

    @inline(__always)
    static func kind(_ byte: UInt8) -> UInt8 { classes.utf8Start[Int(byte)] }
}
