/// `${NAME}` and `${NAME:-default}` in scalars. The default stands in for a variable that is unset or empty, as in a shell.
/// `$${` is a plain `${`. What comes out is not looked at again.
enum Environment {
    enum Problem: Error, Equatable {
        case unset(String)
        case malformed

        var message: String {
            switch self {
            case .unset(let name):
                "the environment variable \(name) is not set; \"${\(name):-}\" allows that"
            case .malformed:
                "\"${\" without a variable: write ${NAME} or ${NAME:-default}, and $${ for a plain \"${\""
            }
        }
    }

    static func expand(_ text: String, _ environment: [String: String]) throws(Problem) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "$"), rest.starts(with: "${".utf8) {
                result += "${".utf8
                rest = rest.dropFirst(2)
            } else if byte == UInt8(ascii: "$"), rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { throw .malformed }
                result += try value(of: rest[(rest.startIndex + 1)..<end], environment).utf8
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func value(of reference: ArraySlice<UInt8>, _ environment: [String: String]) throws(Problem) -> String {
        let name = reference.prefix {
            ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5f
        }
        guard let first = name.first, !(0x30...0x39).contains(first) else { throw .malformed }
        let variable = String(decoding: name, as: UTF8.self)
        let rest = reference[name.endIndex...]
        if rest.isEmpty {
            guard let value = environment[variable] else { throw .unset(variable) }
            return value
        }
        guard rest.starts(with: ":-".utf8) else { throw .malformed }
        if let value = environment[variable], !value.isEmpty { return value }
        return String(decoding: rest.dropFirst(2), as: UTF8.self)
    }
}
