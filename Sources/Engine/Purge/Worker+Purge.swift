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
            userAgent: fields.string(.userAgent) ?? "",
            target: String(decoding: fields.bytes[head.targetRange], as: UTF8.self))
        let task = PurgeRequest(client: client)
        func refuse(_ answer: PurgeAnswer, _ wish: PurgeWish? = nil) -> any RequestTask {
            engine.refusePurge(answer, of: wish, by: caller)
            task.answer(answer)
            return task
        }
        let wish = wish(head)
        switch PurgePermission(allow: engine.policy.purgeAllow, tokens: engine.policy.purgeTokens)
            .check(fields, from: address)
        {
        // The audit log tells what was asked for.
        case .refused(let reason): return refuse(PurgeAnswer(status: 403, error: reason), try? wish.get())
        case .allowed(let grant): caller.grant = grant
        }
        switch wish {
        case .failure(let mistake):
            return refuse(PurgeAnswer(status: 400, error: mistake.sentence, field: mistake.field))
        case .success(let wish):
            engine.purge(wish, by: caller, on: loop) { task.answer($0) }
            return task
        }
    }

    private func wish(_ head: borrowing RequestHead) -> Result<PurgeWish, PurgeMistake> {
        if let error = unreadableTarget {
            unreadableTarget = nil
            return .failure(PurgeMistake("URL", error.text))
        }
        let url = PurgeDialect.RequestedURL(
            host: Array(target.bytes[target.host]), path: Array(target.bytes[target.path]),
            query: target.query.map { Array(target.bytes[$0]) })
        let siteFields = site < engine.policy.sites.count ? engine.policy.sites[site].tagFields : []
        do throws(PurgeMistake) {
            let fields = PurgeFields(fields: head.fields, siteTagFields: siteFields)
            return .success(try PurgeDialect.wish(head.method, fields, url))
        } catch {
            return .failure(error)
        }
    }
}
