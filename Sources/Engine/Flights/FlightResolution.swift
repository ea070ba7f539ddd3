internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

/// What a flight tells each who waits for it, once.
enum FlightResolution: Sendable {
    /// A complete stored response.
    case stored(StoredResponse, StoredOrigin)
    /// The origin's answer, to be stored: everyone reads it as it arrives.
    case shared(FlightAnswer)
    /// The origin's answer, not to be stored: only the one who leads the flight gets it.
    case passing(FlightAnswer)
    /// The answer is not for sharing: fetch by yourself.
    case fetchYourself
    /// The flight can't answer this request after all (another variant, purged meanwhile): look again.
    case lookAgain
    case failed(FlightFailure)
}

/// Where a stored response that a flight found comes from.
enum StoredOrigin: Sendable, Equatable {
    case tier(TierName)
    /// Stale, and allowed to be while it is revalidated.
    case staleWhileRevalidate(TierName)
    /// The origin confirmed it with a 304.
    case revalidated(TierName)
    /// Stale, and the origin failed: with this status, or without any answer.
    case staleOnError(TierName, originStatus: Int?)
}

enum FlightFailure: Sendable, Equatable {
    /// `stale`: there was a stored response, which may not be served without the origin's word.
    case origin(OriginFailure, stale: Bool)
    /// `only-if-cached`, and no tier has it.
    case notCached
}

/// An answer of the origin on its way.
struct FlightAnswer: Sendable {
    var status: Int
    var reason: [UInt8]
    /// Ready for clients.
    var fields: FieldBlock
    /// Names of fields that only the one who asked may see: those of `private="…"` and `no-cache="…"`.
    var withheld: [[UInt8]] = []
    /// The body's length when the framing says it.
    var length: Int?
    var hasBody: Bool
    var body: FlightBody
    /// What it becomes when it is complete; nil when it isn't stored.
    var stored: StoredHead?
    /// It is a part, which is kept for later.
    var isKept = false
    /// Where the log stood when it was requested.
    var asOf: Position
    /// What the tiers lacked (RFC 9211 §2.2): anything under the URL, this variant, or freshness.
    var why: CacheStatus.Forward
    /// Why it isn't stored, as a log word.
    var refusal: String?
    /// Milliseconds from the request to the answer's head.
    var originTime: Int64
}

/// Who waits for a flight. Called once, on `loop`.
protocol FlightFollower: AnyObject, Sendable {
    var loop: any EngineLoop { get }
    /// The table's stamp when the request arrived (invalidation.md rule 3).
    var arrival: UInt64 { get }
    func flightResolved(_ resolution: FlightResolution)
    /// A 1xx answer of the origin; only the leader hears it.
    func flightReceivedInterim(status: Int, fields: FieldBlock)
    /// The origin takes more of the request's body; only the leader hears it.
    func flightWantsMore()
}
