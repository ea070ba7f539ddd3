import CCurl
import CacheModel
import HTTPMessage

/// Bytes that libcurl reads and sends at a time.
private let transferBuffer = 64 << 10

extension TransferSlot {
    /// The options that no fetch changes.
    func setLastingOptions() {
        let settings = driver.configuration
        set(CURLOPT_NOSIGNAL, 1)
        // A fetch that ends while its name is being looked up must not wait for the resolver with everyone else.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_HTTP09_ALLOWED, 0)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NETRC, 0)
        set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        // The strict decoder of HTTPMessage does it; libcurl still finds the end of the body.
        set(CURLOPT_HTTP_TRANSFER_DECODING, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_BUFFERSIZE, transferBuffer)
        set(CURLOPT_UPLOAD_BUFFERSIZE, transferBuffer)
        set(CURLOPT_MAXAGE_CONN, Int(settings.idleConnectionLife / 1000))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_string(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        ccurl_set_string(easy, CURLOPT_PROXY, "")
        ccurl_set_string(easy, CURLOPT_NOPROXY, "*")
        if let authorities = settings.certificateAuthorities { ccurl_set_string(easy, CURLOPT_CAINFO, authorities) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        ccurl_set_pointer(easy, CURLOPT_PRIVATE, context)
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_DEBUGDATA, CURLOPT_PREREQDATA] {
            ccurl_set_pointer(easy, option, context)
        }
        setCallbacks()
        driver.setSocketCallbacks(easy)
    }

    /// The options of one fetch; each of them is set for every fetch.
    func setOptions(_ request: OriginRequest) -> OriginFailure? {
        guard isPlain(request.method), isPlain(request.target) else {
            return OriginFailure(.internalError, "method or target not fit for a request line")
        }
        set(CURLOPT_FORBID_REUSE, request.server.keepalive == 0 ? 1 : 0)
        set(CURLOPT_VERBOSE, 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: max(1, request.server.connectTimeout)))
        if server != request.server {
            driver.withURL(of: request.server) { ccurl_set_string(easy, CURLOPT_URL, $0) }
            server = request.server
        }
        // HTTPGET first: it takes back what NOBODY and UPLOAD of the last fetch left.
        set(CURLOPT_HTTPGET, 1)
        var extra: [StaticString] = []
        if !request.fields.contains(.accept) { extra.append("Accept:") }
        switch request.body {
        case .none:
            if needsLength(request.method) { extra.append("Content-Length: 0") }
        case .length(0): extra.append("Content-Length: 0")
        case .length(let length):
            guard length > 0 else { return OriginFailure(.internalError, "negative body length") }
            extra.append("Expect:")
            set(CURLOPT_UPLOAD, 1)
            ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length))
        case .chunked:
            extra.append("Expect:")
            set(CURLOPT_UPLOAD, 1)
            ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, -1)
        }
        // NOBODY turns UPLOAD off again; a HEAD with a body is sent as it is and its answer read as one without.
        if isHead, !request.body.isSent { set(CURLOPT_NOBODY, 1) }
        setText(CURLOPT_CUSTOMREQUEST, request.method)
        setText(CURLOPT_REQUEST_TARGET, request.target)
        guard headers.build(request.fields, extra: extra) else {
            return OriginFailure(.internalError, "field value not fit for a request")
        }
        ccurl_set_headers(easy, headers.first)
        return nil
    }

    func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(easy, option, value) }

    /// Closes the connection with the fetch. Takes effect at any time before the fetch ends.
    func forbidReuse() { set(CURLOPT_FORBID_REUSE, 1) }

    private func setText(_ option: CURLoption, _ bytes: [UInt8]) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
            for i in 0..<bytes.count { text[i] = CChar(bitPattern: bytes[i]) }
            text[bytes.count] = 0
            ccurl_set_string(easy, option, text.baseAddress)
        }
    }

    /// No byte that would end the word or the line it is sent in (class 9 of the request line: injected CRLF).
    private func isPlain(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && !bytes.contains { $0 <= 0x20 || $0 == 0x7f }
    }

    /// Methods that give content a meaning say that there is none (RFC 9110 §8.6).
    private func needsLength(_ method: [UInt8]) -> Bool {
        switch Method(method) {
        case .post, .put, .patch: true
        default: false
        }
    }
}
