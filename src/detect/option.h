/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_OPTION_H
#define DETECT_OPTION_H

#include <detect/export.h>
#include <glib.h>

DET_BEGIN_DECLS

/**
 * DetOptionType:
 *
 * @DET_OPTION_SIZE and @DET_OPTION_TRIPLE are kept as text: "WxH" in pixels,
 * and one number or three with commas between.
 */
typedef enum
{
  DET_OPTION_BOOLEAN,
  DET_OPTION_INT,
  DET_OPTION_DOUBLE,
  DET_OPTION_STRING,
  DET_OPTION_FILE,
  DET_OPTION_CHOICE,
  DET_OPTION_SIZE,
  DET_OPTION_TRIPLE,
} DetOptionType;

/**
 * DetOptionScope:
 * @DET_SCOPE_MODEL: decides how the network is loaded and read; models are
 *     shared between callers that agree on these
 * @DET_SCOPE_SESSION: belongs to one caller
 * @DET_SCOPE_ELEMENT: means something only to the GStreamer element
 */
typedef enum
{
  DET_SCOPE_MODEL,
  DET_SCOPE_SESSION,
  DET_SCOPE_ELEMENT,
} DetOptionScope;

/**
 * DetOptionId:
 *
 * The rows of the option table.
 */
typedef enum
{
  DET_OPT_MODEL,
  DET_OPT_CONFIG,
  DET_OPT_LABELS,
  DET_OPT_ENGINE,
  DET_OPT_DECODER,
  DET_OPT_THREADS,
  DET_OPT_SPIN,
  DET_OPT_TUNE,
  DET_OPT_INPUT_SIZE,
  DET_OPT_LAYOUT,
  DET_OPT_COLOR_ORDER,
  DET_OPT_MEAN,
  DET_OPT_SCALE,
  DET_OPT_RESIZE_MODE,
  DET_OPT_PAD_VALUE,
  DET_OPT_CHROMA,
  DET_OPT_THRESHOLD,
  DET_OPT_IOU_THRESHOLD,
  DET_OPT_CLASS_AGNOSTIC,
  DET_OPT_MAX_DETECTIONS,
  DET_OPT_CLASSES,
  DET_OPT_CLASS_THRESHOLDS,
  DET_OPT_MIN_SIZE,
  DET_OPT_MAX_SIZE,
  DET_OPT_REGION,
  DET_OPT_REGION_CLASSES,
  DET_OPT_TILES,
  DET_OPT_TILE_OVERLAP,
  DET_OPT_POLICY,
  DET_OPT_PARALLEL,
  DET_OPT_INTERVAL,
  DET_OPT_MAX_FPS,
  DET_OPT_ENABLED,
  DET_OPT_MAX_AGE,
  DET_OPT_ON_ERROR,
  DET_OPT_TIMEOUT_MS,
  DET_OPT_OVERLAY,
  DET_OPT_OVERLAY_LABELS,
  DET_OPT_LINE_WIDTH,
  DET_OPT_FONT,
  DET_OPT_POST_MESSAGES,
  DET_N_OPTIONS
} DetOptionId;

/**
 * DetOptionRow:
 * @name: kebab-case word: property, YAML key and command line flag
 * @type: type of the value
 * @scope: who the option belongs to
 * @live: %TRUE when it may change while frames are running
 * @from_model: %TRUE when the default is what the model's family asks for; a
 *     number then reads -1 until it is set
 * @min: least number allowed
 * @max: greatest number allowed
 * @unit: unit of the number, or %NULL
 * @fallback: default as text; %NULL for an unset string
 * @choices: %NULL-terminated words a %DET_OPTION_CHOICE takes, or %NULL
 * @help: one sentence
 */
typedef struct
{
  const char *name;
  DetOptionType type;
  DetOptionScope scope;
  gboolean live;
  gboolean from_model;
  double min;
  double max;
  const char *unit;
  const char *fallback;
  const char *const *(*choices) (void);
  const char *help;
} DetOptionRow;

/**
 * det_option_rows:
 *
 * Returns: (transfer none): %DET_N_OPTIONS rows, indexed by #DetOptionId
 */
const DetOptionRow *det_option_rows (void);

/**
 * det_option_find:
 * @name: an option's name
 *
 * Returns: its row's index, or -1
 */
int det_option_find (const char *name);

/**
 * DetOptions:
 *
 * One layer of option values: what is set, and to what. Reading an option that
 * is not set gives its default. Not thread-safe; copy it to hand it over.
 */
typedef struct _DetOptions DetOptions;

DetOptions *det_options_new (void);
DetOptions *det_options_copy (const DetOptions *options);
void det_options_free (DetOptions *options);

/**
 * det_options_merge:
 * @options: the lower layer, changed
 * @over: the higher layer
 *
 * Sets in @options all that is set in @over.
 */
void det_options_merge (DetOptions *options, const DetOptions *over);

gboolean det_options_is_set (const DetOptions *options, DetOptionId id);
void det_options_unset (DetOptions *options, DetOptionId id);

/**
 * det_options_set_text:
 * @options: options
 * @id: which one
 * @text: the value as a user writes it
 * @error: return location for an error
 *
 * Parses and range-checks @text.
 *
 * Returns: %FALSE with %DET_ERROR_OPTION when @text does not fit; the message
 *     says what would
 */
gboolean det_options_set_text (DetOptions *options, DetOptionId id,
    const char *text, GError **error);

/**
 * det_options_set_by_name:
 * @options: options
 * @name: the option's name, as in a configuration file
 * @text: (nullable): the value as a user writes it; %NULL unsets
 * @error: return location for an error
 *
 * det_options_set_text() for callers that know options by their names.
 *
 * Returns: %FALSE with %DET_ERROR_OPTION when there is no such option (the message
 *     names the one most like it), or @text does not fit
 */
gboolean det_options_set_by_name (DetOptions *options, const char *name,
    const char *text, GError **error);

/* Setters for callers that hold a typed value within the row's range; numbers
 * outside are clamped. A %NULL string unsets. */
void
det_options_set_boolean (DetOptions *options, DetOptionId id, gboolean value);
void det_options_set_int (DetOptions *options, DetOptionId id, gint64 value);
void det_options_set_double (DetOptions *options, DetOptionId id, double value);
void
det_options_set_string (DetOptions *options, DetOptionId id, const char *value);

gboolean det_options_get_boolean (const DetOptions *options, DetOptionId id);
gint64 det_options_get_int (const DetOptions *options, DetOptionId id);
double det_options_get_double (const DetOptions *options, DetOptionId id);
const char *det_options_get_string (const DetOptions *options, DetOptionId id);
/* FALSE when the option is not set, or no size; then width and height stay. */
gboolean det_options_get_size (const DetOptions *options, DetOptionId id,
    int *width, int *height);

/**
 * det_options_check:
 * @options: options
 * @error: return location for an error
 *
 * det_options_set_string() takes any text; this tells whether each is one that
 * det_options_set_text() would take.
 */
gboolean det_options_check (const DetOptions *options, GError **error);

/**
 * det_options_print:
 * @options: options
 * @id: which one
 *
 * Returns: (transfer full): the value as det_options_set_text() takes it
 */
char *det_options_print (const DetOptions *options, DetOptionId id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetOptions, det_options_free)

DET_END_DECLS

#endif
