/// What rules match on and set, and what becomes of queries.
extension Schema {
    static let siteQuery = SchemaKey(
        "query", .map(query), default: .filled, "What becomes of the query. Without these keys it is untouched.")

    private static let query: [SchemaKey] = [
        SchemaKey(
            "keep", .list(of: .parameterGlob, count: 0...256), default: .none(words: "all"),
            "The only parameters that are kept, of the key and of what the origin gets. An empty list keeps none."),
        SchemaKey(
            "drop", .list(of: .parameterGlob, count: 0...256), default: .list([]),
            "Parameters that are left out, of the key and of what the origin gets. `*` is any run of characters."),
        SchemaKey(
            "sort", .scalar(.bool), default: .value("false"),
            "Whether parameters are put in the order of their names, in the key and for the origin."),
    ]

    private static let lifetimes: ClosedRange<Int> = 0...31_536_000_000

    static let rule: [SchemaKey] = [
        SchemaKey(
            "match", .map(match), default: .required,
            """
            Which requests and responses the rule is for: all conditions have to hold, of several values in a list one. \
            A rule with `content_type` or `status` sets what becomes of the response alone.
            """),
        SchemaKey(
            "cache", .scalar(.bool), default: .none(words: "not set"),
            """
            false: nothing is stored, and nothing stored is used; in a rule with `content_type` or `status` the response \
            is not stored.
            """),
        SchemaKey(
            "ttl", .scalar(.seconds(lifetimes)), default: .none(words: "not set"),
            """
            Replaces max-age and Expires of the origin. It does not overrule no-store, private, Set-Cookie or \
            Authorization, unless `force` is true. Without `status` in `match` it is for responses that can be cached \
            heuristically, and for 302 and 307.
            """),
        SchemaKey(
            "force", .scalar(.bool), default: .none(words: "not set"),
            "With `ttl`: overrule no-store, private, Set-Cookie and Authorization too. Mind whose pages those are."),
        SchemaKey(
            "stale_while_revalidate", .scalar(.seconds(lifetimes)), default: .none(words: "not set"),
            "Replaces the origin's stale-while-revalidate. It does not overrule must-revalidate and proxy-revalidate."),
        SchemaKey(
            "stale_if_error", .scalar(.seconds(lifetimes)), default: .none(words: "not set"),
            "Replaces the origin's stale-if-error. It does not overrule must-revalidate and proxy-revalidate."),
        SchemaKey(
            "strip_cookies", .scalar(.bool), default: .none(words: "not set"),
            "Take `Cookie` out before the origin sees it, and `Set-Cookie` before the response is stored and sent."),
        SchemaKey(
            "query", .map(query), default: .none(words: "`key.query` of the site"),
            "What becomes of the query, in place of the site's `key.query`. Only with `path`: a URL has one key."),
        SchemaKey(
            "tags", .list(of: .tag, count: 0...64), default: .none(words: "not set"),
            "Tags that the response gets beside the origin's. Not with conditions of the request but `path`."),
        SchemaKey(
            "request_headers", .map(changes(.requestField)), default: .none(words: "not set"),
            "Fields that the origin gets. `Vary` on one of them goes by what the origin got."),
        SchemaKey(
            "write", .map(writes), default: .none(words: "not set"),
            "How the response is written to single tiers, in place of `tiers.*.write`. A tier that is off stays off."),
        rulePartition,
        SchemaKey(
            "promote", .map(promotions), default: .none(words: "not set"),
            "When a hit in a single slower tier is copied to the faster ones, in place of `tiers.*.promote`."),
        SchemaKey(
            "response_headers", .map(changes(.responseField)), default: .none(words: "not set"),
            """
            Fields that clients get. They are stored with the response, so not with conditions of the request but \
            `path`. What the origin said of caching counts before that.
            """),
    ]

    private static let writes: [SchemaKey] = [
        SchemaKey(
            "memory", .scalar(.word(["through", "off"])), default: .none(words: "not set"),
            "`off`: memory does not take it, neither from the origin nor from a slower tier."),
        SchemaKey(
            "redis", .scalar(.word(Configuration.WriteMode.allCases.map(\.rawValue))), default: .none(words: "not set"),
            "`through`, `behind` or `off`."),
        SchemaKey(
            "disk", .scalar(.word(Configuration.WriteMode.allCases.map(\.rawValue))), default: .none(words: "not set"),
            "`through`, `behind` or `off`."),
    ]

    private static let promotions: [SchemaKey] = ["redis", "disk"].map { name in
        SchemaKey(
            name, .wordOr(["always", "never"], .int(1...1_000_000)), default: .none(words: "not set"),
            "`always`, `never`, or a number of hits that it takes.")
    }

    private static func changes(_ field: ScalarKind) -> [SchemaKey] {
        [
            SchemaKey(
                "set", .values(names: field, of: .fieldValue), default: .filled,
                "Fields with their value; it replaces what was there."),
            SchemaKey("remove", .list(of: field, count: 0...64), default: .list([]), "Fields that are taken out."),
        ]
    }

    private static let match: [SchemaKey] = [
        SchemaKey(
            "path", .list(of: .pathGlob, count: 0...64), default: .list([]),
            "Patterns of the path, without the query: `*` is any run of characters, `/` included, `?` is one."),
        SchemaKey(
            "method", .list(of: .word(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), count: 0...16),
            default: .list([]), "Methods. `GET` is for HEAD too."),
        SchemaKey(
            "header", .values(names: .fieldName, of: .valueGlob), default: .filled,
            "Fields that the request has to have, with patterns of their values. `*` is any value."),
        SchemaKey(
            "cookie", .values(names: .fieldName, of: .valueGlob), default: .filled,
            "Cookies that the request has to have, with patterns of their values. `*` is any value."),
        SchemaKey(
            "content_type", .list(of: .mediaGlob, count: 0...64), default: .list([]),
            "Patterns of the response's media type, without its parameters."),
        SchemaKey(
            "status", .list(of: .status, count: 0...64), default: .list([]),
            "The response's status: `404`, a class as `5xx`, or a range as `500-599`."),
    ]
}
