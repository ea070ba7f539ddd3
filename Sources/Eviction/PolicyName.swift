/// The policies by the names that proxy.conf and `strata simulate` use.
package enum PolicyName: String, Sendable, CaseIterable {
    case adaptive
    case lru
    case lfu
    case arc
    case s3FIFO = "s3-fifo"
    case sieve
    case wTinyLFU = "w-tinylfu"
    case gdsf
}
