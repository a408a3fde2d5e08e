/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "framing.h"

#include "handshake.h"
#include <string.h>

static void
test_framing (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint64 length = 0;

  framing_write (out, (const guint8 *) "abc", 3);
  g_assert_cmpmem (out->data, out->len, "\0\0\0\3abc", 7);
  for (gsize n = 0; n < 4; n++)
    g_assert_cmpint (framing_read (out->data, n, &length), ==, 0);
  g_assert_cmpint (framing_read (out->data, out->len, &length), ==, 4);
  g_assert_cmpuint (length, ==, 3);

  const guint8 large[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 2 };
  g_assert_cmpint (framing_read (large, 11, &length), ==, 0);
  g_assert_cmpint (framing_read (large, 12, &length), ==, 12);
  g_assert_cmpuint (length, ==, (G_GUINT64_CONSTANT (1) << 32) + 2);

  const guint8 negative[] = { 0xff, 0xff, 0xff, 0xfe };
  g_assert_cmpint (framing_read (negative, 4, &length), ==, -1);
}

/* What a message begins with, and the message. */
static const guint8 *
take (GByteArray *out, gsize *size)
{
  guint64 length = 0;

  g_assert_cmpint (framing_read (out->data, out->len, &length), ==, 4);
  g_assert_cmpuint (length, ==, out->len - 4);
  *size = (gsize) length;
  return out->data + 4;
}

static gsize
sign (GChecksumType type, const guint8 *message, gsize size, guint8 *mac)
{
  gsize n = 64;
  g_autoptr (GHmac) hmac = g_hmac_new (type, (const guint8 *) "secret", 6);

  g_hmac_update (hmac, message, (gssize) size);
  g_hmac_get_digest (hmac, mac, &n);
  return n;
}

typedef struct
{
  const char *prefix; /* "": as Python before 3.12 */
  GChecksumType type;
  const char *challenge; /* the client's */
  gboolean knows;        /* the key */
} Client;

static void
check_client (const Client *client)
{
  g_autoptr (GBytes) key = g_bytes_new_static (client->knows ? "secret" : "x",
      client->knows ? 6 : 1);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  Handshake *handshake = handshake_new (key, out);
  guint8 answer[128];
  gsize size;
  const guint8 *message = take (out, &size);
  gsize prefix = strlen (client->prefix);

  g_assert_cmpuint (size, >, 11 + 20);
  g_assert_cmpmem (message, 11 + 8, "#CHALLENGE#{sha256}", 11 + 8);
  memcpy (answer, client->prefix, prefix);
  size = prefix + sign (client->type, message + 11, size - 11, answer + prefix);
  g_byte_array_set_size (out, 0);
  HandshakeState state = handshake_take (handshake, answer, size, out);
  message = take (out, &size);
  if (!client->knows) {
    g_assert_cmpint (state, ==, HANDSHAKE_FAILED);
    g_assert_cmpmem (message, size, "#FAILURE#", 9);
  } else {
    guint8 wanted[128];

    g_assert_cmpint (state, ==, HANDSHAKE_MORE);
    g_assert_cmpmem (message, size, "#WELCOME#", 9);
    g_byte_array_set_size (out, 0);
    state = handshake_take (handshake, (const guint8 *) client->challenge,
        strlen (client->challenge), out);
    g_assert_cmpint (state, ==, HANDSHAKE_MORE);
    message = take (out, &size);
    memcpy (wanted, client->prefix, prefix);
    gsize n = sign (client->type, (const guint8 *) client->challenge + 11,
        strlen (client->challenge) - 11, wanted + prefix);
    g_assert_cmpmem (message, size, wanted, prefix + n);
    g_assert_cmpint (handshake_take (handshake, (const guint8 *) "#WELCOME#", 9,
                         out),
        ==, HANDSHAKE_DONE);
  }
  handshake_free (handshake);
}

static void
test_handshake (void)
{
  static const Client clients[] = {
    { "", G_CHECKSUM_MD5, "#CHALLENGE#01234567890123456789", TRUE },
    { "{sha256}", G_CHECKSUM_SHA256,
        "#CHALLENGE#{sha256}0123456789012345678901234567890123456789", TRUE },
    { "{md5}", G_CHECKSUM_MD5,
        "#CHALLENGE#{md5}0123456789012345678901234567890123456789", TRUE },
    { "", G_CHECKSUM_MD5, NULL, FALSE },
    { "{sha256}", G_CHECKSUM_SHA256, NULL, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    check_client (&clients[i]);
}

static void
test_handshake_nonsense (void)
{
  static const char *const answers[] = { "", "{sha256}", "{sha1}0123456789",
    "{", "0123456789012345", "#WELCOME#",
    "{sha256}01234567890123456789012345678901" };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (GBytes) key = g_bytes_new_static ("secret", 6);
    g_autoptr (GByteArray) out = g_byte_array_new ();
    Handshake *handshake = handshake_new (key, out);

    g_assert_cmpint (handshake_take (handshake, (const guint8 *) answers[i],
                         strlen (answers[i]), out),
        ==, HANDSHAKE_FAILED);
    handshake_free (handshake);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/framing", test_framing);
  g_test_add_func ("/wire/handshake", test_handshake);
  g_test_add_func ("/wire/handshake-nonsense", test_handshake_nonsense);
  return g_test_run ();
}
