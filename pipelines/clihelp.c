/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clihelp.h"

#include "cli.h"
#include "help.h"

#include <stdio.h>

static const char usage[] =
    "Usage: gst-detect-1.0 [OPTION...] INPUT...\n"
    "\n"
    "Finds objects in pictures and videos. INPUT is a picture, a folder of\n"
    "pictures, a video, or a URI such as rtsp://camera/stream.\n";

static const HelpLine own_lines[] = {
  { "-o, --output=OUT",
      "Annotated copy: a picture (.jpg .jpeg .png), a video (.mp4 .mkv .mov), "
      "or a folder, new or not, in which every result keeps its name" },
  { "--json=FILE", "One line of JSON per frame; -: standard output" },
  { "--csv=FILE", "One row per object; -: standard output" },
  { "--log=FILE",
      "One line per frame looked at: when that began and ended, how long it "
      "took, the frame's number" },
  { "--server=URL",
      "Send the frames to a gst-detect-server-1.0, such as "
      "http://localhost:8080, instead of looking at them here" },
  { "--token-file=FILE", "The token that the server asks for" },
  { "--show", "Show the annotated frames in a window" },
  { "--live",
      "The inputs are cameras: look at all of them at once, and try again "
      "where "
      "one is lost" },
  { "--explain",
      "Say how the model is understood, or why it is refused; needs no INPUT" },
  { "--timeout=SECONDS",
      "Give an input up that makes no progress for so long; 0: never "
      "(default: 30)" },
  { "-q, --quiet", "Say nothing but errors" },
  { "--version", "Print the version" },
  { "-h, --help", "Print this help" },
};

static const char status[] =
    "\n"
    "Exit status: 0 all was done; 1 something could not be processed; 2 wrong\n"
    "usage; 130 or 143 interrupted. Ctrl-C finishes the files, twice ends at "
    "once.\n"
    "GStreamer's own options (--gst-debug=...) are taken as well.\n";

void
cli_help_print (void)
{
  printf ("%s\nInput and output\n", usage);
  help_print_lines (own_lines, G_N_ELEMENTS (own_lines));
  help_print_rows (DET_SCOPE_MODEL, "Model", cli_takes);
  help_print_rows (DET_SCOPE_SESSION, "Objects", cli_takes);
  help_print_rows (DET_SCOPE_ELEMENT, "Frames and drawing", cli_takes);
  printf ("%s", status);
}
