/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RUN_LOG_H
#define RUN_LOG_H

#include "exportformat.h"

/* What --log writes: what the old clients of this project's users logged. */
extern const GstExportFormat run_log_format;

#endif
