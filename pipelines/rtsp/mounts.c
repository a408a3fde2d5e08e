/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mounts.h"

#include "encoders.h"
#include <detect/error.h>
#include <gst/gst.h>

#define DEFAULT_PORT 8554
#define DEFAULT_BITRATE 2000
#define MOST_BITRATE 1000000
#define MOST_SIDE 16384
#define DEFAULT_MULTICAST_PORT 5000

static void
mount_free (gpointer data)
{
  Mount *mount = data;

  det_options_free (mount->options);
  g_free (mount->path);
  g_free (mount->input);
  g_free (mount->codec);
  g_free (mount->multicast);
  g_free (mount);
}

Serving *
serving_new (void)
{
  Serving *serving = g_new0 (Serving, 1);

  serving->address = g_strdup ("0.0.0.0");
  serving->port = DEFAULT_PORT;
  serving->users =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  serving->mounts = g_ptr_array_new_with_free_func (mount_free);
  return serving;
}

void
serving_free (Serving *serving)
{
  if (!serving)
    return;
  g_hash_table_unref (serving->users);
  g_ptr_array_unref (serving->mounts);
  g_free (serving->address);
  g_free (serving->certificate);
  g_free (serving->key);
  g_free (serving->multicast_interface);
  g_free (serving);
}

Mount *
serving_add_mount (Serving *serving, const char *path)
{
  Mount *mount = g_new0 (Mount, 1);

  mount->path = g_strdup (path);
  mount->options = det_options_new ();
  mount->codec = g_strdup (encoder_words ()[0]);
  mount->bitrate = DEFAULT_BITRATE;
  mount->multicast_port = DEFAULT_MULTICAST_PORT;
  g_ptr_array_add (serving->mounts, mount);
  return mount;
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, DET_ERROR, DET_ERROR_OPTION, "expected %s", what);
  return FALSE;
}

gboolean
mount_set_codec (Mount *mount, const char *text, GError **error)
{
  g_autofree char *words = NULL;
  g_autofree char *what = NULL;

  if (g_strv_contains (encoder_words (), text)) {
    g_free (mount->codec);
    mount->codec = g_strdup (text);
    return TRUE;
  }
  words = g_strjoinv (", ", (char **) encoder_words ());
  what = g_strdup_printf ("one of %s", words);
  return refuse (error, what);
}

static gboolean
read_number (const char *text, int least, int most, int *number)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, (guint64) least, (guint64) most,
          &value, NULL))
    return FALSE;
  *number = (int) value;
  return TRUE;
}

gboolean
mount_set_bitrate (Mount *mount, const char *text, GError **error)
{
  return read_number (text, 1, MOST_BITRATE, &mount->bitrate) ||
      refuse (error, "a number of kbit/s from 1 to 1000000");
}

gboolean
mount_set_size (Mount *mount, const char *text, GError **error)
{
  g_auto (GStrv) sides = g_strsplit (text, "x", 2);

  return (g_strv_length (sides) == 2 &&
             read_number (sides[0], 16, MOST_SIDE, &mount->width) &&
             read_number (sides[1], 16, MOST_SIDE, &mount->height) &&
             mount->width % 2 == 0 && mount->height % 2 == 0) ||
      refuse (error, "WxH in pixels, both even and at least 16");
}

gboolean
serving_set_port (Serving *serving, const char *text, GError **error)
{
  return read_number (text, 0, 65535, &serving->port) ||
      refuse (error, "a port from 0 (any that is free) to 65535");
}

char *
mount_find_uri (const char *word, GError **error)
{
  g_autoptr (GError) cause = NULL;
  char *uri;

  if (word[0] == '\0') {
    refuse (error, "a URI or a file");
    return NULL;
  }
  if (gst_uri_is_valid (word))
    return g_strdup (word);
  if (!g_file_test (word, G_FILE_TEST_EXISTS)) {
    g_set_error (error, DET_ERROR, DET_ERROR_NOT_FOUND,
        "%s: no such file; name a file, or a URI such as rtsp://camera/stream",
        word);
    return NULL;
  }
  uri = gst_filename_to_uri (word, &cause);
  if (!uri)
    g_propagate_error (error, g_steal_pointer (&cause));
  return uri;
}
