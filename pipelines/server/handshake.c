/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handshake.h"

#include "../secret.h"
#include "framing.h"

#include <string.h>
#include <sys/random.h>

#define CHALLENGE "#CHALLENGE#"
#define WELCOME "#WELCOME#"
#define FAILURE "#FAILURE#"
#define PREFIX "{sha256}"
#define RANDOM_BYTES 40
#define LEAST_CHALLENGE 20
#define MD5_BYTES 16
#define MAX_DIGEST 64

typedef enum
{
  WANT_RESPONSE,
  WANT_CHALLENGE,
  WANT_WELCOME,
} Step;

struct _Handshake
{
  GBytes *key;
  Step step;
  guint8 challenge[sizeof PREFIX - 1 + RANDOM_BYTES];
};

typedef struct
{
  const char *prefix;
  GChecksumType type;
} Digest;

/* An answer without a prefix is of MD5. */
static const Digest digests[] = {
  { "{sha256}", G_CHECKSUM_SHA256 },
  { "{sha384}", G_CHECKSUM_SHA384 },
  { "{md5}", G_CHECKSUM_MD5 },
};
static const Digest bare = { "", G_CHECKSUM_MD5 };

static const Digest *
find_digest (const guint8 *message, gsize size)
{
  for (gsize i = 0; i < G_N_ELEMENTS (digests); i++) {
    gsize length = strlen (digests[i].prefix);

    if (size > length && memcmp (message, digests[i].prefix, length) == 0)
      return &digests[i];
  }
  return NULL;
}

static gsize
compute (const Handshake *handshake, GChecksumType type, const guint8 *message,
    gsize size, guint8 mac[MAX_DIGEST])
{
  gsize key_size;
  const guint8 *key = g_bytes_get_data (handshake->key, &key_size);
  gsize mac_size = MAX_DIGEST;
  g_autoptr (GHmac) hmac = g_hmac_new (type, key, key_size);

  g_hmac_update (hmac, message, (gssize) size);
  g_hmac_get_digest (hmac, mac, &mac_size);
  return mac_size;
}

static HandshakeState
check_response (Handshake *handshake, const guint8 *message, gsize size,
    GByteArray *out)
{
  const Digest *digest = size == MD5_BYTES ? &bare
                                           : find_digest (message, size);
  guint8 mac[MAX_DIGEST];
  gsize prefix = digest ? strlen (digest->prefix) : 0;

  if (digest &&
      compute (handshake, digest->type, handshake->challenge,
          sizeof handshake->challenge, mac) == size - prefix &&
      secret_equal (mac, message + prefix, size - prefix)) {
    framing_write (out, (const guint8 *) WELCOME, strlen (WELCOME));
    handshake->step = WANT_CHALLENGE;
    return HANDSHAKE_MORE;
  }
  framing_write (out, (const guint8 *) FAILURE, strlen (FAILURE));
  return HANDSHAKE_FAILED;
}

static HandshakeState
answer_challenge (Handshake *handshake, const guint8 *message, gsize size,
    GByteArray *out)
{
  gsize skipped = strlen (CHALLENGE);

  if (size < skipped + LEAST_CHALLENGE ||
      memcmp (message, CHALLENGE, skipped) != 0)
    return HANDSHAKE_FAILED;
  message += skipped;
  size -= skipped;

  const Digest *digest = size == LEAST_CHALLENGE ? &bare
                                                 : find_digest (message, size);
  guint8 answer[16 + MAX_DIGEST];
  if (!digest)
    return HANDSHAKE_FAILED;
  gsize prefix = strlen (digest->prefix);
  memcpy (answer, digest->prefix, prefix);
  gsize n = compute (handshake, digest->type, message, size, answer + prefix);
  framing_write (out, answer, prefix + n);
  handshake->step = WANT_WELCOME;
  return HANDSHAKE_MORE;
}

Handshake *
handshake_new (GBytes *key, GByteArray *out)
{
  Handshake *handshake = g_new0 (Handshake, 1);
  guint8 message[sizeof CHALLENGE - 1 + sizeof handshake->challenge];

  handshake->key = g_bytes_ref (key);
  memcpy (handshake->challenge, PREFIX, strlen (PREFIX));
  if (getrandom (handshake->challenge + strlen (PREFIX), RANDOM_BYTES, 0) !=
      RANDOM_BYTES) {
    handshake_free (handshake);
    return NULL;
  }
  /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length is sent */
  memcpy (message, CHALLENGE, strlen (CHALLENGE));
  memcpy (message + strlen (CHALLENGE), handshake->challenge,
      sizeof handshake->challenge);
  framing_write (out, message, sizeof message);
  return handshake;
}

void
handshake_free (Handshake *handshake)
{
  if (!handshake)
    return;
  g_bytes_unref (handshake->key);
  g_free (handshake);
}

HandshakeState
handshake_take (Handshake *handshake, const guint8 *message, gsize size,
    GByteArray *out)
{
  switch (handshake->step) {
    case WANT_RESPONSE:
      return check_response (handshake, message, size, out);
    case WANT_CHALLENGE:
      return answer_challenge (handshake, message, size, out);
    case WANT_WELCOME:
      return size == strlen (WELCOME) && memcmp (message, WELCOME, size) == 0
          ? HANDSHAKE_DONE
          : HANDSHAKE_FAILED;
  }
  return HANDSHAKE_FAILED;
}
