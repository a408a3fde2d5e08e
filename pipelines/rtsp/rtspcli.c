/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtspcli.h"

#include "help.h"

#include <gst/gst.h>
#include <stdio.h>

#define DEFAULT_PATH "/live"

typedef struct
{
  DetOptions *options; /* for every mount */
  char *mounts;
  char *address;
  char *port;
  char *codec;
  char *bitrate;
  char *size;
  char **inputs;
  gboolean help;
  gboolean version;
} Asked;

static const char usage[] =
    "Usage: gst-detect-rtsp-1.0 [OPTION...] [INPUT...]\n"
    "\n"
    "Serves videos over RTSP with what a detector finds in them. INPUT is a\n"
    "video or a URI; one is served as /live, several as /live1, /live2, ...\n";

static const HelpLine own_lines[] = {
  { "--mounts=FILE",
      "YAML file with what is served, users and a certificate; see the "
      "manual" },
  { "--address=ADDRESS", "Where to listen (default: 0.0.0.0, everywhere)" },
  { "--port=PORT", "0: any that is free (default: 8554)" },
  { "--codec=WORD",
      "auto, h264, h265 or jpeg; auto takes the first that is there (default: "
      "auto)" },
  { "--bitrate=KBITS", "Of H.264 and H.265, in kbit/s (default: 2000)" },
  { "--size=WxH",
      "Size that is sent, in pixels (default: that of the first frame)" },
  { "-q, --quiet", "Say nothing but errors" },
  { "--version", "Print the version" },
  { "-h, --help", "Print this help" },
};

static const char status[] =
    "\n"
    "Exit status: 0 ended by a signal; 1 could not start; 2 wrong usage.\n"
    "GStreamer's own options (--gst-debug=...) are taken as well.\n";

static gboolean
takes (DetOptionId id)
{
  /* Nobody listens to messages here. */
  return id != DET_OPT_POST_MESSAGES && id != DET_OPT_ENABLED;
}

static void
print_help (void)
{
  printf ("%s\nServing\n", usage);
  help_print_lines (own_lines, G_N_ELEMENTS (own_lines));
  help_print_rows (DET_SCOPE_MODEL, "Model", takes);
  help_print_rows (DET_SCOPE_SESSION, "Objects", takes);
  help_print_rows (DET_SCOPE_ELEMENT, "Frames and drawing", takes);
  printf ("%s", status);
}

static gboolean
parse (Asked *asked, gboolean *quiet, char ***words, GError **error)
{
  const GOptionEntry entries[] = {
    { "mounts", 0, 0, G_OPTION_ARG_FILENAME, &asked->mounts, NULL, NULL },
    { "address", 0, 0, G_OPTION_ARG_STRING, &asked->address, NULL, NULL },
    { "port", 0, 0, G_OPTION_ARG_STRING, &asked->port, NULL, NULL },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &asked->codec, NULL, NULL },
    { "bitrate", 0, 0, G_OPTION_ARG_STRING, &asked->bitrate, NULL, NULL },
    { "size", 0, 0, G_OPTION_ARG_STRING, &asked->size, NULL, NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, quiet, NULL, NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &asked->help, NULL, NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &asked->version, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &asked->inputs,
        NULL, NULL },
    { NULL },
  };

  return option_flags_parse (asked->options, takes, entries, words, error);
}

/* ---- what was asked, over what the file says ---- */

static gboolean
add_inputs (Serving *serving, const Asked *asked, GError **error)
{
  guint n = asked->inputs ? g_strv_length (asked->inputs) : 0;

  for (guint i = 0; i < n; i++) {
    g_autofree char *path = n > 1
        ? g_strdup_printf ("%s%u", DEFAULT_PATH, i + 1)
        : g_strdup (DEFAULT_PATH);
    Mount *mount = serving_add_mount (serving, path);

    mount->protocols = GST_RTSP_LOWER_TRANS_UDP | GST_RTSP_LOWER_TRANS_TCP;
    mount->input = mount_find_uri (asked->inputs[i], error);
    if (!mount->input)
      return FALSE;
  }
  if (serving->mounts->len > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "nothing to serve: name an INPUT, or --mounts with a file of them");
  return FALSE;
}

static gboolean
set (const char *flag, const char *text,
    gboolean (*setter) (Mount *, const char *, GError **), Mount *mount,
    GError **error)
{
  if (!text || setter (mount, text, error))
    return TRUE;
  g_prefix_error (error, "--%s: ", flag);
  return FALSE;
}

static gboolean
set_all (Serving *serving, const Asked *asked, GError **error)
{
  for (guint i = 0; i < serving->mounts->len; i++) {
    Mount *mount = g_ptr_array_index (serving->mounts, i);

    det_options_merge (mount->options, asked->options);
    if (!set ("codec", asked->codec, mount_set_codec, mount, error) ||
        !set ("bitrate", asked->bitrate, mount_set_bitrate, mount, error) ||
        !set ("size", asked->size, mount_set_size, mount, error))
      return FALSE;
  }
  if (asked->address) {
    g_free (serving->address);
    serving->address = g_strdup (asked->address);
  }
  if (!asked->port || serving_set_port (serving, asked->port, error))
    return TRUE;
  g_prefix_error (error, "--port: ");
  return FALSE;
}

static RtspCliResult
act (Serving *serving, const Asked *asked, GError **error)
{
  if (asked->help) {
    print_help ();
    return RTSP_CLI_SHOWN;
  }
  if (asked->version) {
    help_print_version ("gst-detect-rtsp-1.0");
    return RTSP_CLI_SHOWN;
  }
  return (!asked->mounts || mounts_file_read (serving, asked->mounts, error)) &&
          add_inputs (serving, asked, error) && set_all (serving, asked, error)
      ? RTSP_CLI_RUN
      : RTSP_CLI_WRONG;
}

RtspCliResult
rtsp_cli_parse (Serving *serving, gboolean *quiet, char **argv, GError **error)
{
  Asked asked = { .options = det_options_new () };
  /* parse takes words out of the array, so it works on a copy. */
  char **words = g_strdupv (argv);
  RtspCliResult result = parse (&asked, quiet, &words, error)
      ? act (serving, &asked, error)
      : RTSP_CLI_WRONG;

  g_strfreev (words);
  g_strfreev (asked.inputs);
  det_options_free (asked.options);
  g_free (asked.mounts);
  g_free (asked.address);
  g_free (asked.port);
  g_free (asked.codec);
  g_free (asked.bitrate);
  g_free (asked.size);
  return result;
}
