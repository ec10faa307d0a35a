#pragma once

#include <malloc.h>
#include <sys/timex.h>
#include <sys/types.h>

/* Declared by <unistd.h> and <fcntl.h> only under _GNU_SOURCE, which the C library module is not built with. */
extern int syncfs(int descriptor);
extern ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t count, unsigned int flags);
extern int sync_file_range(int descriptor, off_t offset, off_t count, unsigned int flags);

/* SYNC_FILE_RANGE_WRITE: begin to write a range's pages that are not being written yet. */
enum { sync_file_range_write = 2 };
