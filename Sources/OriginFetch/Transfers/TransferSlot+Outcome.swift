import CCurl
import CacheModel

extension TransferSlot {
    /// What the end of a transfer means to the handler: `.finish` or `.fail`.
    func outcome(_ code: CURLcode) -> TransferEvent {
        if let failure { return .fail(failure) }
        guard code == CURLE_OK else { return .fail(OriginFailure(kind(of: code), message(of: code))) }
        guard phase == .body else { return .fail(OriginFailure(.closedBeforeHead, "no final head")) }
        if case .length(let length) = framing, received < length {
            return .fail(OriginFailure(.truncatedBody, "\(received) of \(length) bytes"))
        }
        if framing == .chunked, chunks != nil { return .fail(OriginFailure(.truncatedBody, "no last chunk")) }
        return .finish
    }

    private func kind(of code: CURLcode) -> OriginFailure.Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: .nameNotResolved
        case CURLE_COULDNT_CONNECT: .connectFailed
        // No option but CONNECTTIMEOUT_MS makes libcurl give up by the clock.
        case CURLE_OPERATION_TIMEDOUT: .connectTimeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_NOTFOUND, CURLE_USE_SSL_FAILED:
            .tlsFailed
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND,
            CURLE_HTTP2, CURLE_HTTP2_STREAM:
            phase == .head ? .closedBeforeHead : isChunkFault ? .malformedBody : .truncatedBody
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            phase == .head ? .malformedHead : .malformedBody
        // libcurl's own bound on one line, beyond ours on the head, shows up as a lack of memory.
        case CURLE_OUT_OF_MEMORY, CURLE_FILESIZE_EXCEEDED:
            attempts == 0 ? .internalError : phase == .head ? .headTooLarge : .malformedBody
        default: .internalError
        }
    }

    /// libcurl has one code for a broken connection and for broken chunks; its message tells them apart.
    private var isChunkFault: Bool { text.contains("chunked-encoding") }

    private var text: String { String(cString: errorText) }

    private func message(of code: CURLcode) -> String {
        let text = text
        let chosen = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        // The message may quote the origin.
        return String(decoding: chosen.utf8.prefix(200).map { (0x20..<0x7f).contains($0) ? $0 : 0x3f }, as: UTF8.self)
    }
}
