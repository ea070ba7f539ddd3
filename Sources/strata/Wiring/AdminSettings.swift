import Admin
import Settings
extension AdminServer.Configuration { init(_ s: Configuration.Admin) { self.init() } }
