internal import CacheModel
internal import HTTPMessage
internal import Invalidation

extension Worker {
    /// A `PURGE`, `BAN` or `PURGEKEYS` on the public listener.
    func beginPurge(
        _ head: borrowing RequestHead, from address: ClientAddress, client: any ClientStream
    ) -> any RequestTask {
        let fields = head.fields
        var caller = PurgeCaller(
            interface: "\(head.method.text)", address: String(decoding: address.text, as: UTF8.self),
            userAgent: fields.string(.userAgent) ?? "")
        let task = PurgeRequest(client: client)
        func refuse(_ answer: PurgeAnswer) -> any RequestTask {
            engine.refusePurge(answer, by: caller)
            task.answer(answer)
            return task
        }
        switch PurgePermission(allow: engine.policy.purgeAllow, tokens: engine.policy.purgeTokens)
            .check(fields, from: address)
        {
        case .refused(let reason): return refuse(PurgeAnswer(status: 403, error: reason))
        case .allowed(let grant): caller.grant = grant
        }
        let url = PurgeDialect.RequestedURL(
            host: Array(target.bytes[target.host]), path: Array(target.bytes[target.path]),
            query: target.query.map { Array(target.bytes[$0]) })
        let siteFields = site < engine.policy.sites.count ? engine.policy.sites[site].tagFields : []
        let wish: PurgeWish
        do throws(PurgeMistake) {
            wish = try PurgeDialect.wish(head.method, PurgeFields(fields: fields, siteTagFields: siteFields), url)
        } catch {
            return refuse(PurgeAnswer(status: 400, error: error.sentence, field: error.field))
        }
        engine.purge(wish, by: caller, on: loop) { task.answer($0) }
        return task
    }
}
