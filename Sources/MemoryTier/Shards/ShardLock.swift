import Glibc

/// The lock of a shard: a mutex that spins for a moment before it sleeps, because what it guards takes less time than
/// going to sleep does. (The standard library's `Mutex` is a futex with priority inheritance on Linux, which enters the
/// kernel on every contended lock and unlock.) It lives in the shard's own memory: pthreads wants it to stay in place.
enum ShardLock {
    static func make(at mutex: UnsafeMutablePointer<pthread_mutex_t>) {
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
        let failed = pthread_mutex_init(mutex, &attributes)
        precondition(failed == 0, "a mutex could not be made: \(failed)")
        pthread_mutexattr_destroy(&attributes)
    }

    static func destroy(_ mutex: UnsafeMutablePointer<pthread_mutex_t>) { pthread_mutex_destroy(mutex) }

    @inline(__always) static func lock(_ mutex: UnsafeMutablePointer<pthread_mutex_t>) { pthread_mutex_lock(mutex) }
    @inline(__always) static func unlock(_ mutex: UnsafeMutablePointer<pthread_mutex_t>) { pthread_mutex_unlock(mutex) }
}
