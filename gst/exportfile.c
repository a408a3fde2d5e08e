/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exportfile.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct _GstExportFile
{
  const GstExportFormat *format;
  gchar *name;
  FILE *stream;
  GString *text;
  guint64 written;
  off_t end;   /* bytes that are written */
  gint broken; /* errno of the first failure */
};

static void
set_error (GError **error, const gchar *name, gint code)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
      "%s cannot be written: %s; %s", name, g_strerror (code),
      code == ENOSPC ? "make room, or write to another disk"
                     : "name another file");
}

/* A reader that goes away and a file that may not grow are errors of writing, not
 * the end of the program that writes: the signals that such errors raise in this
 * thread are taken back. */
typedef struct
{
  sigset_t before;
} Quiet;

static void
fill_set (sigset_t *set)
{
  sigemptyset (set);
  sigaddset (set, SIGPIPE);
  sigaddset (set, SIGXFSZ);
}

static void
begin_quiet (Quiet *quiet)
{
  sigset_t set;

  fill_set (&set);
  pthread_sigmask (SIG_BLOCK, &set, &quiet->before);
}

static void
end_quiet (const Quiet *quiet)
{
  const struct timespec none = { 0, 0 };
  gint code = errno;
  sigset_t set;

  fill_set (&set);
  while (sigtimedwait (&set, NULL, &none) > 0)
    ;
  pthread_sigmask (SIG_SETMASK, &quiet->before, NULL);
  errno = code;
}

/* Takes back what a failed write has left of a text, so that the file ends with
 * what was written before it. Pipes and devices keep it, and so does standard
 * output, where others may have written before. */
static void
take_back (GstExportFile *file)
{
  struct stat status;
  int fd = fileno (file->stream);

  __fpurge (file->stream);
  if (file->stream != stdout && fstat (fd, &status) == 0 &&
      S_ISREG (status.st_mode) && status.st_size > file->end &&
      ftruncate (fd, file->end) == 0)
    (void) lseek (fd, file->end, SEEK_SET);
}

static gboolean
write_text (GstExportFile *file, const gchar *text, GError **error)
{
  Quiet quiet;

  begin_quiet (&quiet);
  if (!file->broken) {
    if (fputs (text, file->stream) >= 0 && fflush (file->stream) == 0) {
      file->end += (off_t) strlen (text);
    } else {
      file->broken = errno;
      take_back (file);
    }
  }
  end_quiet (&quiet);
  if (file->broken)
    set_error (error, file->name, file->broken);
  return !file->broken;
}

static gboolean
write_optional (GstExportFile *file, const gchar *text, GError **error)
{
  return !text || write_text (file, text, error);
}

static void
free_file (GstExportFile *file)
{
  g_free (file->name);
  g_string_free (file->text, TRUE);
  g_free (file);
}

GstExportFile *
gst_export_file_open (const gchar *path, const GstExportFormat *format,
    GError **error)
{
  gboolean is_stdout = strcmp (path, "-") == 0;
  FILE *stream = is_stdout ? stdout : fopen (path, "we");

  if (!stream) {
    set_error (error, path, errno);
    return NULL;
  }

  GstExportFile *file = g_new0 (GstExportFile, 1);
  file->format = format;
  file->name = g_strdup (is_stdout ? "standard output" : path);
  file->stream = stream;
  file->text = g_string_new (NULL);
  if (write_optional (file, format->head, error))
    return file;
  gst_export_file_close (file, NULL);
  return NULL;
}

gboolean
gst_export_file_write (GstExportFile *file, const GstDetectRecord *record,
    GError **error)
{
  g_string_truncate (file->text, 0);
  file->format->append (file->text, record);
  if (file->text->len == 0)
    return TRUE;
  if (file->written > 0 && file->format->between)
    g_string_prepend (file->text, file->format->between);
  if (!write_text (file, file->text->str, error))
    return FALSE;
  file->written++;
  return TRUE;
}

guint64
gst_export_file_get_written (const GstExportFile *file)
{
  return file->written;
}

gboolean
gst_export_file_close (GstExportFile *file, GError **error)
{
  if (!file)
    return TRUE;

  gboolean was_broken = file->broken != 0;
  /* What was taken back may leave room to end the file. */
  if (was_broken && file->format->tail && file->end > 0) {
    file->broken = 0;
    write_optional (file, file->format->tail, NULL);
  }
  gboolean ok = was_broken || write_optional (file, file->format->tail, error);
  Quiet quiet;
  begin_quiet (&quiet);
  int result = file->stream == stdout ? 0 : fclose (file->stream);
  end_quiet (&quiet);
  if (result != 0 && ok && !was_broken) {
    set_error (error, file->name, errno);
    ok = FALSE;
  }
  free_file (file);
  return ok;
}
