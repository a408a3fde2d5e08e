/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PICKLE_WRITER_H
#define PICKLE_WRITER_H

#include <glib.h>

/* Writes a pickle of protocol 3, which every Python 3 reads, value after value.
 * pickle_begin() comes first and pickle_end() last; a list lies between
 * pickle_list_begin() and pickle_list_end(), a dict's keys and values alternate. */

void pickle_begin (GByteArray *pickle);
void pickle_end (GByteArray *pickle);

void pickle_list_begin (GByteArray *pickle);
void pickle_list_end (GByteArray *pickle);
void pickle_dict_begin (GByteArray *pickle);
void pickle_dict_end (GByteArray *pickle);

void pickle_none (GByteArray *pickle);
void pickle_int (GByteArray *pickle, gint64 value);
void pickle_float (GByteArray *pickle, double value);

/* NULL is None; bytes that are no UTF-8 are replaced. */
void pickle_str (GByteArray *pickle, const char *text);
void pickle_bytes (GByteArray *pickle, const guint8 *data, gsize size);

#endif
