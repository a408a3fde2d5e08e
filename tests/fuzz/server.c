/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the server reads of a client, but for the pickles themselves: framing and
 * handshake ('H' first), pictures inside of pickles ('P'), and JPEG and PNG files as
 * the body of a request (anything else). HTTP and multipart are libsoup's. */

#include "framing.h"
#include "fuzz.h"
#include "fuzzgst.h"
#include "handshake.h"
#include "orientation.h"
#include "picture.h"

#define MOST_PIXELS 250000 /* so that a run stays short */

/* ---- the wire ---- */

/* What a client that knows the key says to a challenge. */
static void
answer_right (GBytes *key, const GByteArray *out, GByteArray *answer)
{
  static const gsize skipped = 4 + sizeof "#CHALLENGE#" - 1;
  gsize key_size;
  const guint8 *secret = g_bytes_get_data (key, &key_size);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_MD5, secret, key_size);
  gsize n = 16;

  g_assert_cmpuint (out->len, >, skipped);
  g_byte_array_set_size (answer, 16);
  g_hmac_update (hmac, out->data + skipped, (gssize) (out->len - skipped));
  g_hmac_get_digest (hmac, answer->data, &n);
}

static void
shake_hands (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) key = g_bytes_new_static ("secret", 6);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) right = g_byte_array_new ();
  Handshake *handshake = handshake_new (key, out);
  HandshakeState state = HANDSHAKE_MORE;

  answer_right (key, out, right);
  while (state == HANDSHAKE_MORE && size > 0) {
    guint64 length = 0;
    int header = framing_read (data, size, &length);

    g_assert_cmpint (header, <=, FRAMING_MAX_HEADER);
    if (header <= 0 || length > HANDSHAKE_MAX_MESSAGE ||
        length > size - (gsize) header)
      break;
    data += header;
    size -= (gsize) header;
    /* An empty message stands for the right one. */
    state = handshake_take (handshake, length > 0 ? data : right->data,
        length > 0 ? (gsize) length : right->len, out);
    data += length;
    size -= (gsize) length;
  }
  handshake_free (handshake);
}

/* ---- pictures ---- */

/* Reads every pixel. */
static void
check_picture (const Picture *picture)
{
  static volatile guint sum G_GNUC_UNUSED;
  const DetFrame *frame = &picture->frame;
  gsize size = (gsize) frame->stride[0] * (gsize) frame->height;
  g_autoptr (GError) error = NULL;

  det_frame_check (frame, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < size; i++)
    sum += frame->plane[0][i];
}

static void
check_unpickled (const PickleValue *root)
{
  const PickleValue *image = pickle_dict_get (root, "image");
  Picture picture;
  g_autoptr (GError) error = NULL;

  if (!image)
    image = root;
  gboolean ok = picture_from_pickle (&picture, image, &error);
  g_assert_true (ok == (error == NULL));
  if (ok)
    check_picture (&picture);
  picture_clear (&picture);
}

static void
read_pickle (const guint8 *data, gsize size)
{
  g_autoptr (Pickle) pickle = pickle_read (data, size, NULL);

  if (pickle)
    check_unpickled (pickle_get_root (pickle));
}

/* As the headers of the two formats say, where there is one. */
static gboolean
is_huge (const guint8 *data, gsize size)
{
  guint32 sides[2];

  if (size > 24 && data[0] == 0x89) {
    memcpy (sides, data + 16, sizeof sides);
    return (guint64) GUINT32_FROM_BE (sides[0]) * GUINT32_FROM_BE (sides[1]) >
        MOST_PIXELS;
  }
  for (gsize i = 2; i + 9 < size; i++) {
    if (data[i] == 0xff && data[i + 1] >= 0xc0 && data[i + 1] <= 0xcf &&
        (guint64) (data[i + 5] << 8 | data[i + 6]) *
                (guint64) (data[i + 7] << 8 | data[i + 8]) >
            MOST_PIXELS)
      return TRUE;
  }
  return FALSE;
}

static void
read_picture (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  Picture picture;
  int orientation = orientation_read (data, size);

  g_assert_cmpint (orientation, >=, 1);
  g_assert_cmpint (orientation, <=, 8);
  if (is_huge (data, size))
    return;
  gboolean ok = picture_decode (&picture, data, size, TRUE, &error);
  g_assert_true (ok == (error == NULL));
  if (ok)
    check_picture (&picture);
  picture_clear (&picture);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  fuzz_start_gstreamer ();
  if (size > 0 && data[0] == 'H')
    shake_hands (data + 1, size - 1);
  else if (size > 0 && data[0] == 'P')
    read_pickle (data + 1, size - 1);
  else
    read_picture (data, size);
  return 0;
}
