/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <detect/option.h>
#include <gst/rtsp/gstrtsptransport.h>

/* What is served, and how. */

/* One path of the server. */
typedef struct
{
  char *path;
  char *input; /* URI */
  DetOptions *options;
  char *codec; /* of encoder_words() */
  int bitrate; /* kbit/s */
  int width;   /* 0: of the first frame */
  int height;
  GstRTSPLowerTrans protocols;
  char *multicast; /* address, or NULL */
  int multicast_port;
} Mount;

typedef enum
{
  AUTH_BASIC,
  AUTH_DIGEST,
} AuthMethod;

typedef struct
{
  char *address;
  int port; /* 0: any that is free */
  AuthMethod auth;
  GHashTable *users; /* name to password */
  char *certificate; /* file, or NULL: no TLS */
  char *key;         /* file, or NULL: in the certificate's */
  char *multicast_interface;
  GPtrArray *mounts;
} Serving;

Serving *serving_new (void);
void serving_free (Serving *serving);

/* A mount with all defaults; the serving's. */
Mount *serving_add_mount (Serving *serving, const char *path);

/* Each reads a value as a user writes it; the error says what would fit. */
gboolean mount_set_codec (Mount *mount, const char *text, GError **error);
gboolean mount_set_bitrate (Mount *mount, const char *text, GError **error);
gboolean mount_set_size (Mount *mount, const char *text, GError **error);
gboolean serving_set_port (Serving *serving, const char *text, GError **error);

/* A file's path or a URI becomes a URI; NULL with an error when it is neither. */
char *mount_find_uri (const char *word, GError **error);

/* Reads a YAML file. Unknown keys, wrong values and what is missing are
 * DET_ERROR_OPTION with file:line:column. */
gboolean mounts_file_read (Serving *serving, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Serving, serving_free)

#endif
