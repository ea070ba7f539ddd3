/// The schemes that Strata serves.
package enum Scheme: UInt8, Sendable, CaseIterable {
    case http, https

    package var text: StaticString {
        switch self {
        case .http: "http"
        case .https: "https"
        }
    }

    package var defaultPort: UInt16 {
        switch self {
        case .http: 80
        case .https: 443
        }
    }
}
