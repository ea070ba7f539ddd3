#pragma once
#include <hiredis/hiredis.h>

// What of hiredis 0.14 Swift can't call: macros.

/// The text of the reader's error, valid until the reader is freed.
static inline const char *chiredis_reader_error(const redisReader *reader) {
    return reader->errstr;
}

/// The object under construction that encloses the task's, or NULL at the top.
static inline void *chiredis_parent_object(const redisReadTask *task) {
    return task->parent ? task->parent->obj : NULL;
}
