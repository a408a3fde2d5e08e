/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <glib.h>

/* The listener's side of the handshake of Python's multiprocessing.connection:
 * both ends prove with an HMAC of the other's random bytes that they know the key.
 * Python before 3.12 uses MD5, later ones name the digest. */
typedef struct _Handshake Handshake;

/* No message of it is longer. */
#define HANDSHAKE_MAX_MESSAGE 256

typedef enum
{
  HANDSHAKE_MORE,
  HANDSHAKE_DONE,
  HANDSHAKE_FAILED,
} HandshakeState;

/* The first message is put into @out, framed. NULL when there are no random bytes. */
Handshake *handshake_new (GBytes *key, GByteArray *out);
void handshake_free (Handshake *handshake);

/* Takes the client's next message; what answers it goes into @out, framed. */
HandshakeState handshake_take (Handshake *handshake, const guint8 *message,
    gsize size, GByteArray *out);

#endif
