// libcurl's variadic calls, one typed function a kind of argument: Swift can't call variadic C.
#pragma once
#include <curl/curl.h>
#include <sys/socket.h>

// curl/typecheck-gcc.h turns these names into macros; the parentheses call the functions themselves.
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}
/// A 64-bit size (curl_off_t).
static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(easy, option, value);
}
/// A NUL-terminated string, which libcurl copies, or NULL.
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}
/// A pointer that libcurl keeps as it is.
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}
/// The list is not copied: it has to stand until the transfer is over.
static inline CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *list) {
    return (curl_easy_setopt)(easy, CURLOPT_HTTPHEADER, list);
}

/// CURLOPT_WRITEFUNCTION, HEADERFUNCTION and READFUNCTION share this shape.
typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_debug_callback)(CURL *easy, curl_infotype kind, char *bytes, size_t count, void *context);
typedef int (*ccurl_prerequest_callback)(
    void *context, char *remote_address, char *local_address, int remote_port, int local_port);
typedef int (*ccurl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*ccurl_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode ccurl_set_data_callback(CURL *easy, CURLoption option, ccurl_data_callback function) {
    return (curl_easy_setopt)(easy, option, function);
}
static inline CURLcode ccurl_set_debug_callback(CURL *easy, ccurl_debug_callback function) {
    return (curl_easy_setopt)(easy, CURLOPT_DEBUGFUNCTION, function);
}
static inline CURLcode ccurl_set_prerequest_callback(CURL *easy, ccurl_prerequest_callback function) {
    return (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, function);
}

typedef curl_socket_t (*ccurl_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode ccurl_set_open_callback(CURL *easy, ccurl_open_callback function, void *context) {
    CURLcode code = (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, function);
    return code ? code : (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETDATA, context);
}
/// The socket that libcurl asks for, but one that no child process inherits; -1 and errno on failure.
static inline curl_socket_t ccurl_new_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

typedef int (*ccurl_close_callback)(void *context, curl_socket_t socket);
/// The callback closes the socket; it stays with the connection beyond the transfer.
static inline CURLcode ccurl_set_close_callback(CURL *easy, ccurl_close_callback function, void *context) {
    CURLcode code = (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
    return code ? code : (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETDATA, context);
}

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}
static inline CURLMcode ccurl_multi_set_socket_callback(CURLM *multi, ccurl_socket_callback function, void *context) {
    CURLMcode code = (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, function);
    return code ? code : (curl_multi_setopt)(multi, CURLMOPT_SOCKETDATA, context);
}
static inline CURLMcode ccurl_multi_set_timer_callback(CURLM *multi, ccurl_timer_callback function, void *context) {
    CURLMcode code = (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, function);
    return code ? code : (curl_multi_setopt)(multi, CURLMOPT_TIMERDATA, context);
}

/// What curl_global_init takes; the macro is an expression that Swift does not import.
static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_ALL); }
/// CURL_SOCKET_TIMEOUT, a cast that Swift does not import.
static inline CURLMcode ccurl_run_timers(CURLM *multi, int *running) {
    return curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, running);
}
