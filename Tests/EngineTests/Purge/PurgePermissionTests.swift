import HTTPMessage
import Testing

@testable import Engine

/// Who may purge (design.md section 8, attacks.md 23).
@Suite("The permission to purge")
struct PurgePermissionTests {
    private static let local = ClientAddress(text: bytes("127.0.0.1"), packed: [127, 0, 0, 1], secure: false)
    private static let local6 = ClientAddress(
        text: bytes("::1"), packed: [UInt8](repeating: 0, count: 15) + [1], secure: false)
    private static let mapped = ClientAddress(
        text: bytes("::ffff:127.0.0.1"), packed: [UInt8](repeating: 0, count: 10) + [255, 255, 127, 0, 0, 1],
        secure: false)
    private static let socket = ClientAddress(text: bytes("unix"), packed: [], secure: false)
    private static let far = ClientAddress(text: bytes("192.0.2.1"), packed: [192, 0, 2, 1], secure: false)

    private func isAllowed(
        _ address: ClientAddress, _ fields: [(String, String)], tokens: [String] = ["secret", "other-secret"]
    ) -> Bool {
        let permission = PurgePermission(allow: .loopback, tokens: PurgeTokens(tokens.map { PurgeToken($0) }))
        guard case .allowed = permission.check(FieldBlock(fields), from: address) else { return false }
        return true
    }

    @Test("an allowed address may, another may not")
    func addresses() {
        for address in [Self.local, Self.local6, Self.mapped] { #expect(isAllowed(address, [])) }
        #expect(!isAllowed(Self.far, []))
    }

    @Test("who connects to a unix socket may only where that is said: a proxy in front need not name its clients")
    func unixSocket() {
        #expect(!isAllowed(Self.socket, []))
        for isListed in [false, true] {
            let allow = AddressSet(includesUnix: isListed)
            let outcome = PurgePermission(allow: allow, tokens: PurgeTokens([])).check(FieldBlock(), from: Self.socket)
            #expect((outcome == .allowed(.address)) == isListed)
            #expect(allow.isEmpty != isListed)
        }
    }

    @Test(
        "an address does not count when the request came through a proxy",
        arguments: [
            "Forwarded", "X-Forwarded-For", "Via", "x-forwarded-for", "VIA",
        ])
    func forwarded(name: String) {
        for address in [Self.local, Self.local6] {
            #expect(!isAllowed(address, [(name, "127.0.0.1")]))
            #expect(isAllowed(address, [(name, "127.0.0.1"), ("Fastly-Key", "secret")]))
        }
    }

    @Test("a forged address is none", arguments: ["127.0.0.1", "::1", "for=127.0.0.1"])
    func forged(value: String) {
        #expect(!isAllowed(Self.far, [("X-Forwarded-For", value)]))
        #expect(!isAllowed(Self.far, [("Forwarded", value)]))
        #expect(!isAllowed(Self.far, [("X-Real-IP", value)]))
    }

    @Test(
        "any of the tokens opens from anywhere",
        arguments: [
            ("Fastly-Key", "secret"), ("fastly-key", "other-secret"), ("Authorization", "Bearer secret"),
            ("Authorization", "bearer other-secret"), ("Authorization", "BEARER   secret"),
        ])
    func tokens(name: String, value: String) { #expect(isAllowed(Self.far, [(name, value)])) }

    @Test(
        "what is nearly a token is none",
        arguments: [
            "", "s", "secre", "secret ", "secrets", "Secret", "secretsecret", "secret,other-secret", "other-secre",
            "\0ecret",
        ])
    func wrong(value: String) {
        #expect(!isAllowed(Self.far, [("Fastly-Key", value)]))
        #expect(!isAllowed(Self.far, [("Authorization", "Bearer  \(value)x")]))
    }

    @Test(
        "another scheme, and no scheme, show no token", arguments: ["secret", "Basic secret", "Bearer", "Bearersecret"])
    func schemes(value: String) { #expect(!isAllowed(Self.far, [("Authorization", value)])) }

    @Test("an empty token in the settings opens nothing")
    func emptyToken() {
        for value in ["", "x"] {
            #expect(!isAllowed(Self.far, [("Fastly-Key", value)], tokens: [""]))
            #expect(!isAllowed(Self.far, [("Authorization", "Bearer \(value)")], tokens: ["", ""]))
        }
        #expect(!isAllowed(Self.far, [("Fastly-Key", "secret")], tokens: []))
    }

    @Test("a wrong token is refused from an allowed address too: whoever shows one means it")
    func wrongFromAllowed() { #expect(!isAllowed(Self.local, [("Fastly-Key", "wrong")])) }

    @Test("a refusal says what is missing and shows no token")
    func refusal() {
        let permission = PurgePermission(allow: .loopback, tokens: PurgeTokens([PurgeToken("secret")]))
        guard case .refused(let text) = permission.check(FieldBlock(), from: Self.far) else {
            Issue.record("it is refused")
            return
        }
        #expect(text.contains("Fastly-Key") && !text.contains("secret"))
    }
}
