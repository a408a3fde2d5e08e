/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef REPORT_H
#define REPORT_H

#include "detectrecord.h"

/* The JSON, CSV and log files of a run. One thread at a time. */
typedef struct _Report Report;

/* Opens the files; a NULL path is none, "-" standard output. */
Report *report_new (const char *json_path, const char *csv_path,
    const char *log_path, GError **error);

/* Writes one frame and hands it on to the system. FALSE when a file cannot be
 * written, from then on always. */
gboolean report_frame (Report *report, const GstDetectRecord *record);

/* What prevented writing, or NULL. */
const GError *report_get_error (const Report *report);

/* Closes the files; what that says about them is an error as well. */
gboolean report_close (Report *report);
void report_free (Report *report);

#endif
