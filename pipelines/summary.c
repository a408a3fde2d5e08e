/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "summary.h"

#include "times.h"

#include <string.h>

/* What has no label of its own is listed by number. */
#define NUMBERED "class %d"

#define TOTAL GST_DETECT_N_STAGES

struct _Summary
{
  GMutex lock;
  guint64 frames;
  guint64 inferred;
  guint64 objects;
  gint64 first_us; /* when the first frame left the detector */
  gint64 last_us;
  double fraction;
  GHashTable *classes; /* label -> guint64 */
  Times times[GST_DETECT_N_STAGES + 1];
  char *model;
  char *engine;
  char *decoder;
};

Summary *
summary_new (void)
{
  Summary *summary = g_new0 (Summary, 1);

  g_mutex_init (&summary->lock);
  summary->classes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return summary;
}

void
summary_free (Summary *summary)
{
  if (!summary)
    return;
  g_hash_table_unref (summary->classes);
  g_mutex_clear (&summary->lock);
  g_free (summary->model);
  g_free (summary->engine);
  g_free (summary->decoder);
  g_free (summary);
}

static void
count_object (Summary *summary, const GstDetectObject *object)
{
  g_autofree char *label = object->label
      ? g_strdup (object->label)
      : g_strdup_printf (NUMBERED, object->class_id);
  guint64 *count = g_hash_table_lookup (summary->classes, label);

  if (!count) {
    count = g_new0 (guint64, 1);
    g_hash_table_insert (summary->classes, g_steal_pointer (&label), count);
  }
  ++*count;
  summary->objects++;
}

static void
count_inference (Summary *summary, const GstDetectMeta *meta)
{
  gint64 total_us = 0;

  for (int i = 0; i < GST_DETECT_N_STAGES; i++) {
    times_add (&summary->times[i], meta->stage_us[i]);
    total_us += meta->stage_us[i];
  }
  times_add (&summary->times[TOTAL], total_us);
  summary->inferred++;
  for (guint i = 0; i < meta->n_objects; i++)
    count_object (summary, &meta->objects[i]);
}

void
summary_add (Summary *summary, const FrameInfo *frame,
    const GstDetectMeta *meta)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&summary->lock);
  if (summary->frames == 0)
    summary->first_us = now;
  summary->last_us = now;
  summary->frames++;
  if (GST_CLOCK_TIME_IS_VALID (frame->record.pts) &&
      GST_CLOCK_TIME_IS_VALID (frame->duration) && frame->duration > 0)
    summary->fraction =
        MIN ((double) frame->record.pts / (double) frame->duration, 1);
  if (meta && frame->record.is_new)
    count_inference (summary, meta);
  g_mutex_unlock (&summary->lock);
}

static void
take_string (char **to, const GstStructure *stats, const char *field)
{
  const char *value = gst_structure_get_string (stats, field);

  if (value) {
    g_free (*to);
    *to = g_strdup (value);
  }
}

void
summary_set_model (Summary *summary, const GstStructure *stats)
{
  g_mutex_lock (&summary->lock);
  take_string (&summary->model, stats, "model");
  take_string (&summary->engine, stats, "engine");
  take_string (&summary->decoder, stats, "decoder");
  g_mutex_unlock (&summary->lock);
}

void
summary_next_input (Summary *summary)
{
  g_mutex_lock (&summary->lock);
  summary->fraction = 0;
  g_mutex_unlock (&summary->lock);
}

/* From the first frame on, so that loading the model does not count. */
static double
frame_rate (const Summary *summary)
{
  double seconds = (double) (summary->last_us - summary->first_us) / 1e6;

  return seconds > 0 ? (double) (summary->frames - 1) / seconds : 0;
}

Progress
summary_get_progress (Summary *summary)
{
  g_mutex_lock (&summary->lock);
  Progress progress = { .frames = summary->frames,
    .fps = frame_rate (summary),
    .fraction = summary->fraction };
  g_mutex_unlock (&summary->lock);
  return progress;
}

/* ---- printing ---- */

typedef struct
{
  const char *label;
  guint64 count;
} Class;

static int
compare_classes (gconstpointer a, gconstpointer b)
{
  const Class *x = a;
  const Class *y = b;

  if (x->count != y->count)
    return x->count < y->count ? 1 : -1;
  return strcmp (x->label, y->label);
}

static void
print_classes (Summary *summary, Console *console)
{
  g_autoptr (GArray) classes = g_array_new (FALSE, FALSE, sizeof (Class));
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer label;
  gpointer count;

  g_hash_table_iter_init (&iter, summary->classes);
  while (g_hash_table_iter_next (&iter, &label, &count)) {
    Class entry = { label, *(guint64 *) count };
    g_array_append_val (classes, entry);
  }
  g_array_sort (classes, compare_classes);
  for (guint i = 0; i < classes->len; i++) {
    const Class *entry = &g_array_index (classes, Class, i);
    g_string_append_printf (text, "%s%s %" G_GUINT64_FORMAT,
        i > 0 ? ", " : ": ", entry->label, entry->count);
  }
  console_note (console, "%" G_GUINT64_FORMAT " object%s%s", summary->objects,
      summary->objects == 1 ? "" : "s", text->str);
}

static void
print_times (const Summary *summary, Console *console)
{
  static const char *const names[] = { "preprocess", "inference", "decode",
    "total" };

  console_note (console, "%-12s %9s %9s", "per frame", "mean ms", "p95 ms");
  for (int i = 0; i <= TOTAL; i++)
    console_note (console, "  %-10s %9.2f %9.2f", names[i],
        times_mean_ms (&summary->times[i]),
        times_percentile_ms (&summary->times[i], 95));
}

static void
print_frames (const Summary *summary, Console *console, guint n_inputs,
    guint n_failed)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "%u input%s", n_inputs, n_inputs == 1 ? "" : "s");
  if (n_failed > 0)
    g_string_append_printf (text, ", %u failed", n_failed);
  g_string_append_printf (text, "; %" G_GUINT64_FORMAT " frame%s",
      summary->frames, summary->frames == 1 ? "" : "s");
  if (summary->inferred < summary->frames)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " looked at",
        summary->inferred);
  if (summary->frames > 1)
    g_string_append_printf (text, "; %.1f FPS", frame_rate (summary));
  console_note (console, "%s", text->str);
}

void
summary_print (Summary *summary, Console *console, guint n_inputs,
    guint n_failed)
{
  g_mutex_lock (&summary->lock);
  if (summary->frames > 0)
    print_frames (summary, console, n_inputs, n_failed);
  if (summary->inferred > 0) {
    print_classes (summary, console);
    print_times (summary, console);
  }
  if (summary->model && summary->inferred > 0)
    console_note (console, "model %s, decoder %s, engine %s", summary->model,
        summary->decoder, summary->engine);
  g_mutex_unlock (&summary->lock);
}
