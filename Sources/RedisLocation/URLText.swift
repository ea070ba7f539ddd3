/// The pieces of a Redis URL.
enum URLText {
    static func split(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let at = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<at], text[text.index(after: at)...])
    }

    static func hosts(_ text: Substring, defaultPort: Int) throws(RedisURLError) -> [RedisAddress] {
        var found: [RedisAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let address = try host(part, defaultPort: defaultPort)
            if !found.contains(address) { found.append(address) }
        }
        return found
    }

    static func host(_ text: Substring, defaultPort: Int) throws(RedisURLError) -> RedisAddress {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { throw .badHost(String(text)) }
            host = text[text.index(after: text.startIndex)..<bracket]
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .badHost(String(text)) }
            if !after.isEmpty { port = after.dropFirst() }
            guard host.contains(":"), host.utf8.allSatisfy({ isAddressByte($0) }) else { throw .badHost(String(host)) }
        } else {
            (host, port) = split(text, at: ":")
            guard !host.isEmpty else { throw .noHost }
            guard host.utf8.count <= 255, host.utf8.allSatisfy({ isNameByte($0) }) else { throw .badHost(String(host)) }
        }
        guard let port else { return .host(String(host), port: defaultPort) }
        guard let number = decimal(port), (1...65535).contains(number) else { throw .badPort(String(port)) }
        return .host(String(host), port: number)
    }

    static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard let number = decimal(text), number <= Int(Int32.max) else { throw .badDatabase(String(text)) }
        return number
    }

    static func masterName(_ text: Substring) throws(RedisURLError) -> String {
        guard text.utf8.count <= 128, text.utf8.allSatisfy({ isNameByte($0) }) else {
            throw .badMasterName(String(text))
        }
        return String(text)
    }

    /// Digits only: `Int("+1")` is a number, a port of that name is not.
    private static func decimal(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool { isNameByte(byte) || byte == 0x3a || byte == 0x25 }

    static func percentDecoded(_ text: Substring) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw .badPercentEncoding
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .badPercentEncoding }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
