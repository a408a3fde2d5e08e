/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wirejob.h"

#include "framing.h"
#include "picklewriter.h"
#include "picture.h"

#include <time.h>

/* One picture of a message, and what was found in it. */
typedef struct
{
  struct _WireJob *job;
  const PickleValue *request; /* {'frame_num', 'image', 'time'} */
  DetDetections *found;
  GError *error;
} Item;

typedef struct _WireJob
{
  Pool *pool;
  GBytes *message;
  WireJobSend send;
  WireJobDone done;
  gpointer data;

  Pickle *outer;
  Pickle *inner;
  gboolean is_list;
  Item *items;
  gsize n_items;
  gint pending; /* atomic: items that are not done */

  GByteArray *reply;
  gsize sent; /* bytes of it */
  GError *error;
} WireJob;

static void
job_free (WireJob *job)
{
  for (gsize i = 0; i < job->n_items; i++) {
    det_detections_unref (job->items[i].found);
    g_clear_error (&job->items[i].error);
  }
  g_free (job->items);
  pickle_free (job->inner);
  pickle_free (job->outer);
  g_bytes_unref (job->message);
  g_clear_pointer (&job->reply, g_byte_array_unref);
  g_clear_error (&job->error);
  g_free (job);
}

/* ---- the reply ---- */

static void
write_numbers (GByteArray *pickle, const float *values, gsize n)
{
  pickle_list_begin (pickle);
  for (gsize i = 0; i < n; i++)
    pickle_float (pickle, values[i]);
  pickle_list_end (pickle);
}

static void
write_object (GByteArray *pickle, const DetObject *object)
{
  const DetBox *box = &object->box;
  const float bbox[] = { box->x0, box->y0, box->x1 - box->x0,
    box->y1 - box->y0 };

  pickle_dict_begin (pickle);
  pickle_str (pickle, "bbox");
  write_numbers (pickle, bbox, G_N_ELEMENTS (bbox));
  pickle_str (pickle, "classes");
  pickle_int (pickle, object->class_id);
  pickle_str (pickle, "prob");
  pickle_float (pickle, object->score);
  pickle_str (pickle, "label");
  pickle_str (pickle, object->label);
  if (object->n_landmarks > 0) {
    pickle_str (pickle, "landmarks");
    pickle_list_begin (pickle);
    for (int i = 0; i < object->n_landmarks; i++) {
      const float point[] = { object->landmarks[i].x, object->landmarks[i].y };

      write_numbers (pickle, point, G_N_ELEMENTS (point));
    }
    pickle_list_end (pickle);
  }
  pickle_dict_end (pickle);
}

/* The number as the client gave it; else the picture's place in the message. */
static void
write_frame_number (GByteArray *pickle, const Item *item)
{
  const PickleValue *number = pickle_dict_get (item->request, "frame_num");

  if (number && (number->type == PICKLE_INT || number->type == PICKLE_BOOL))
    pickle_int (pickle, number->integer);
  else if (number && number->type == PICKLE_FLOAT)
    pickle_float (pickle, number->real);
  else
    pickle_int (pickle, item - item->job->items + 1);
}

/* GLib would look at the files of the time zone each time. */
static void
write_time (GByteArray *pickle)
{
  gint64 now = g_get_real_time ();
  time_t seconds = (time_t) (now / G_USEC_PER_SEC);
  struct tm local;
  char text[32];

  localtime_r (&seconds, &local);
  gsize n = strftime (text, sizeof text, "%Y%m%d%H%M%S", &local);
  g_snprintf (text + n, (gulong) (sizeof text - n), ".%06d",
      (int) (now % G_USEC_PER_SEC));
  pickle_str (pickle, text);
}

static void
write_item (GByteArray *pickle, const Item *item)
{
  pickle_dict_begin (pickle);
  pickle_str (pickle, "frame_num");
  write_frame_number (pickle, item);
  pickle_str (pickle, "det_output");
  pickle_list_begin (pickle);
  for (guint i = 0; item->found && i < item->found->n_objects; i++)
    write_object (pickle, &item->found->objects[i]);
  pickle_list_end (pickle);
  pickle_str (pickle, "time");
  write_time (pickle);
  if (item->error) {
    pickle_str (pickle, "error");
    pickle_str (pickle, item->error->message);
  }
  pickle_dict_end (pickle);
}

/* A message that was pickled twice gets a reply that is. */
static GByteArray *
write_reply (const WireJob *job)
{
  g_autoptr (GByteArray) pickle = g_byte_array_new ();
  GByteArray *reply = g_byte_array_new ();

  pickle_begin (pickle);
  if (job->is_list)
    pickle_list_begin (pickle);
  for (gsize i = 0; i < job->n_items; i++)
    write_item (pickle, &job->items[i]);
  if (job->is_list)
    pickle_list_end (pickle);
  pickle_end (pickle);
  if (job->inner) {
    g_autoptr (GByteArray) outer = g_byte_array_new ();

    pickle_begin (outer);
    pickle_bytes (outer, pickle->data, pickle->len);
    pickle_end (outer);
    framing_write (reply, outer->data, outer->len);
  } else {
    framing_write (reply, pickle->data, pickle->len);
  }
  return reply;
}

/* ---- the work ---- */

static gboolean
report (gpointer data)
{
  WireJob *job = data;

  job->done (job->reply, job->sent, job->error, job->data);
  job_free (job);
  return G_SOURCE_REMOVE;
}

static void
finish (WireJob *job)
{
  if (!job->error) {
    job->reply = write_reply (job);
    job->sent = job->send (job->reply->data, job->reply->len, job->data);
  }
  g_idle_add_full (G_PRIORITY_DEFAULT, report, job, NULL);
}

static void
look_at (PoolWorker *worker, gpointer data)
{
  Item *item = data;
  WireJob *job = item->job;
  const PickleValue *image = pickle_dict_get (item->request, "image");
  Picture picture = { .pixels = NULL };

  if (!image)
    g_set_error (&item->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "there is no 'image' in it; send {'frame_num', 'image', 'time'}");
  else if (picture_from_pickle (&picture, image, &item->error))
    item->found = pool_worker_detect (worker, &picture.frame, &item->error);
  picture_clear (&picture);
  if (g_atomic_int_dec_and_test (&job->pending))
    finish (job);
}

static const PickleValue *
unpack (WireJob *job, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (job->message, &size);

  job->outer = pickle_read (data, size, error);
  if (!job->outer)
    return NULL;
  const PickleValue *root = pickle_get_root (job->outer);
  if (root->type != PICKLE_BYTES && root->type != PICKLE_BYTEARRAY)
    return root;
  job->inner = pickle_read (root->text.data, root->text.size, error);
  return job->inner ? pickle_get_root (job->inner) : NULL;
}

static gboolean
find_items (WireJob *job, GError **error)
{
  const PickleValue *root = unpack (job, error);

  if (!root)
    return FALSE;
  job->is_list = root->type == PICKLE_LIST || root->type == PICKLE_TUPLE;
  gsize n = job->is_list ? root->items.n : 1;
  if (n > WIRE_MAX_PICTURES) {
    g_set_error (error, PICKLE_ERROR, PICKLE_ERROR_TOO_LARGE,
        "it holds more than %d pictures", WIRE_MAX_PICTURES);
    return FALSE;
  }
  job->items = g_new0 (Item, n);
  for (gsize i = 0; i < n; i++) {
    const PickleValue *request = job->is_list ? root->items.values[i] : root;

    if (request->type != PICKLE_DICT) {
      g_set_error (error, PICKLE_ERROR, PICKLE_ERROR_REFUSED,
          "it is %s where a dict with 'frame_num' and 'image' should be",
          pickle_type_name (request->type));
      return FALSE;
    }
    job->items[i] = (Item){ .job = job, .request = request };
  }
  job->n_items = n;
  return TRUE;
}

/* Several pictures are shared out among the workers. */
static void
read_message (PoolWorker *worker, gpointer data)
{
  WireJob *job = data;

  if (!find_items (job, &job->error) || job->n_items == 0) {
    finish (job);
    return;
  }
  /* The last item to end frees the job, so nothing of it is touched behind its
   * own. */
  gsize n = job->n_items;
  Item *items = job->items;
  g_atomic_int_set (&job->pending, (gint) n);
  for (gsize i = 1; i < n; i++)
    pool_push_always (job->pool, look_at, &items[i]);
  look_at (worker, &items[0]);
}

static WireJob *
job_new (Pool *pool, GBytes *message, WireJobSend send, WireJobDone done,
    gpointer data)
{
  WireJob *job = g_new0 (WireJob, 1);

  job->pool = pool;
  job->message = message;
  job->send = send;
  job->done = done;
  job->data = data;
  return job;
}

void
wire_job_start (Pool *pool, GBytes *message, WireJobSend send, WireJobDone done,
    gpointer data)
{
  pool_push_always (pool, read_message,
      job_new (pool, message, send, done, data));
}

void
wire_job_run (PoolWorker *worker, GBytes *message, WireJobSend send,
    WireJobDone done, gpointer data)
{
  read_message (worker,
      job_new (pool_worker_get_pool (worker), message, send, done, data));
}
