/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RTSP_CLI_H
#define RTSP_CLI_H

#include "mounts.h"

typedef enum
{
  RTSP_CLI_RUN,
  RTSP_CLI_SHOWN, /* help or version was asked for and printed */
  RTSP_CLI_WRONG,
} RtspCliResult;

/* What the command line and its file ask for. With RTSP_CLI_WRONG the error says
 * what is wrong. */
RtspCliResult
rtsp_cli_parse (Serving *serving, gboolean *quiet, char **argv, GError **error);

#endif
