/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_VERSION_H
#define DETECT_VERSION_H

#include <detect/export.h>

DET_BEGIN_DECLS

/**
 * DET_API_VERSION:
 *
 * Number of the interface these headers describe. It grows when a structure or a
 * function changes so that what was built before cannot go on; additions leave it
 * alone. For callers that copy the structures into another language, as detect.py
 * does.
 */
#define DET_API_VERSION 1

/**
 * det_api_version:
 *
 * Returns: the %DET_API_VERSION the loaded library was built with
 */
int det_api_version (void);

DET_END_DECLS

#endif
