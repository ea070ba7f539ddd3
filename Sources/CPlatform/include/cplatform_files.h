// File calls that answer with -errno in place of a global that Swift could disturb between the call and the look.
// None is interrupted: EINTR is tried again. Any thread. Paths are NUL-terminated.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// open(2) with O_CLOEXEC. The descriptor or -errno.
int cplatform_open(const char *path, int flags, unsigned mode);
/// A file without a name in the folder, for reading and writing: gone with its last descriptor. It or -errno.
int cplatform_open_unlinked(const char *folder);
int cplatform_close(int fd);

/// One pread(2) or pwrite(2): the count of bytes or -errno.
int64_t cplatform_pread(int fd, void *bytes, size_t count, int64_t offset);
int64_t cplatform_pwrite(int fd, const void *bytes, size_t count, int64_t offset);
/// One preadv2(2) of what is in the page cache: -EAGAIN instead of waiting for the device. May bring fewer bytes.
int64_t cplatform_pread_cached(int fd, void *bytes, size_t count, int64_t offset);

/// 0 or -errno.
int cplatform_fdatasync(int fd);
int cplatform_fsync(int fd);
int cplatform_ftruncate(int fd, int64_t length);
int cplatform_unlink(const char *path);
int cplatform_rename(const char *from, const char *to);
/// 0 also when the folder is there already.
int cplatform_mkdir(const char *path, unsigned mode);
/// Takes the whole file for this open descriptor without waiting; -EWOULDBLOCK when another descriptor has it.
int cplatform_lock(int fd);
/// Asks the kernel to begin writing a range back, without waiting: keeps the dirty pages of a large file few.
int cplatform_start_writeback(int fd, int64_t offset, int64_t count);
/// 1 if the path names the open file, 0 if it names another or none, or -errno.
int cplatform_is_file(int fd, const char *path);
/// Bytes in the file or -errno.
int64_t cplatform_file_size(int fd);
/// Calls `each` for every name in the folder but "." and "..". 0 or -errno.
int cplatform_list(const char *folder, void (*each)(void *context, const char *name), void *context);

/// Wall-clock milliseconds since 1970.
int64_t cplatform_wall_milliseconds(void);
/// Milliseconds of a clock that only goes forward.
int64_t cplatform_monotonic_milliseconds(void);
