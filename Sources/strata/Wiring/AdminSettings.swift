import Admin
import Settings

extension AdminServer.Configuration {
    init(_ settings: Configuration.Admin) {
        switch settings.listen {
        case .tcp(let host, let port): self.init(address: .tcp(host: host, port: port), token: settings.token)
        case .unix(let path): self.init(address: .unix(path: path), token: settings.token)
        }
    }
}
