#pragma once
#include <cblas.h>
#include <lapack.h>

/* Not in every cblas.h, always in libopenblas. */
extern char *openblas_get_config(void);
extern char *openblas_get_corename(void);
extern void openblas_set_num_threads(int threads);
