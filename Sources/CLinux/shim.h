#pragma once

/* Declared by <unistd.h> only under _GNU_SOURCE, which the C library module is not built with. */
extern int syncfs(int descriptor);
