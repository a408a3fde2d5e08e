/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mounts.h"

#include "yamlfile.h"
#include <gio/gio.h>
#include <gst/gst.h>
#include <string.h>

typedef struct
{
  DetYamlFile file;
  Serving *serving;
  Mount *mount; /* the one that is read */
} Reader;

/* A key, and what reads its value. */
typedef struct
{
  const char *name;
  gboolean (*read) (Reader *reader, const yaml_node_t *node, GError **error);
} Key;

/* ---- values ---- */

/* (nullable): the text, or an error. */
static const char *
read_text (const Reader *reader, const yaml_node_t *node, GError **error)
{
  const char *text = det_yaml_text (node);

  if (!text || text[0] == '\0') {
    det_yaml_fail (&reader->file, node, error, "expected a single value");
    return NULL;
  }
  return text;
}

static gboolean
take_text (const Reader *reader, const yaml_node_t *node, char **target,
    GError **error)
{
  const char *text = read_text (reader, node, error);

  g_free (*target);
  *target = g_strdup (text);
  return text != NULL;
}

static gboolean
take_path (const Reader *reader, const yaml_node_t *node, char **target,
    GError **error)
{
  const char *text = read_text (reader, node, error);

  g_free (*target);
  *target = text ? det_yaml_resolve (&reader->file, text) : NULL;
  return text != NULL;
}

/* Puts the place in front of what a setter says. */
static gboolean
say_where (const Reader *reader, const yaml_node_t *node, gboolean taken,
    const GError *cause, GError **error)
{
  return taken ||
      det_yaml_fail (&reader->file, node, error, "%s", cause->message);
}

/* Whether all keys of a map are among these, and what each holds can be read. */
static gboolean
read_keys (Reader *reader, const yaml_node_t *map, const Key *keys, gsize n,
    gboolean (*read_other) (Reader *, const yaml_node_t *key,
        const yaml_node_t *value, GError **error),
    GError **error);

/* ---- a mount ---- */

static gboolean
read_input (Reader *reader, const yaml_node_t *node, GError **error)
{
  const char *text = read_text (reader, node, error);
  g_autoptr (GError) cause = NULL;
  g_autofree char *word = NULL;

  if (!text)
    return FALSE;
  word = gst_uri_is_valid (text) ? g_strdup (text)
                                 : det_yaml_resolve (&reader->file, text);
  reader->mount->input = mount_find_uri (word, &cause);
  return say_where (reader, node, reader->mount->input != NULL, cause, error);
}

static gboolean
read_with (const Reader *reader, const yaml_node_t *node,
    gboolean (*set) (Mount *, const char *, GError **), GError **error)
{
  const char *text = read_text (reader, node, error);
  g_autoptr (GError) cause = NULL;

  gboolean taken = text && set (reader->mount, text, &cause);

  return text && say_where (reader, node, taken, cause, error);
}

static gboolean
read_codec (Reader *reader, const yaml_node_t *node, GError **error)
{
  return read_with (reader, node, mount_set_codec, error);
}

static gboolean
read_bitrate (Reader *reader, const yaml_node_t *node, GError **error)
{
  return read_with (reader, node, mount_set_bitrate, error);
}

static gboolean
read_size (Reader *reader, const yaml_node_t *node, GError **error)
{
  return read_with (reader, node, mount_set_size, error);
}

static gboolean
add_transport (Reader *reader, const yaml_node_t *node, GError **error)
{
  static const char *const words[] = { "udp", "tcp", "multicast" };
  static const GstRTSPLowerTrans protocols[] = { GST_RTSP_LOWER_TRANS_UDP,
    GST_RTSP_LOWER_TRANS_TCP, GST_RTSP_LOWER_TRANS_UDP_MCAST };
  const char *text = det_yaml_text (node);

  for (gsize i = 0; text && i < G_N_ELEMENTS (words); i++) {
    if (strcmp (text, words[i]) == 0) {
      reader->mount->protocols |= protocols[i];
      return TRUE;
    }
  }
  return det_yaml_fail (&reader->file, node, error,
      "expected udp, tcp, multicast, or a list of them");
}

static gboolean
read_transports (Reader *reader, const yaml_node_t *node, GError **error)
{
  if (node->type != YAML_SEQUENCE_NODE)
    return add_transport (reader, node, error);
  for (yaml_node_item_t *item = node->data.sequence.items.start;
       item < node->data.sequence.items.top; item++) {
    if (!add_transport (reader, det_yaml_node (&reader->file, *item), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_multicast (Reader *reader, const yaml_node_t *node, GError **error)
{
  const char *text = read_text (reader, node, error);
  g_autoptr (GInetAddress) address = NULL;

  if (!text)
    return FALSE;
  address = g_inet_address_new_from_string (text);
  if (!address || !g_inet_address_get_is_multicast (address))
    return det_yaml_fail (&reader->file, node, error,
        "expected a multicast address, such as 239.255.42.1");
  reader->mount->multicast = g_strdup (text);
  return TRUE;
}

static gboolean
read_multicast_port (Reader *reader, const yaml_node_t *node, GError **error)
{
  const char *text = read_text (reader, node, error);
  guint64 port;

  if (!text)
    return FALSE;
  if (!g_ascii_string_to_unsigned (text, 10, 1024, 65534, &port, NULL) ||
      port % 2 != 0)
    return det_yaml_fail (&reader->file, node, error,
        "expected an even port from 1024 to 65534");
  reader->mount->multicast_port = (int) port;
  return TRUE;
}

static const Key mount_keys[] = {
  { "input", read_input },
  { "codec", read_codec },
  { "bitrate", read_bitrate },
  { "size", read_size },
  { "transports", read_transports },
  { "multicast", read_multicast },
  { "multicast-port", read_multicast_port },
};

/* All rows of the option table are keys, too. */
static gboolean
read_option (Reader *reader, const yaml_node_t *key, const yaml_node_t *value,
    GError **error)
{
  const char *words[G_N_ELEMENTS (mount_keys) + DET_N_OPTIONS + 1] = { NULL };
  int id = det_option_find (det_yaml_text (key));

  if (id >= 0)
    return det_yaml_set_option (&reader->file, reader->mount->options,
        (DetOptionId) id, value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (mount_keys); i++)
    words[i] = mount_keys[i].name;
  for (gsize i = 0; i < DET_N_OPTIONS; i++)
    words[G_N_ELEMENTS (mount_keys) + i] = det_option_rows ()[i].name;
  return det_yaml_fail_unknown (&reader->file, key, words, error);
}

static gboolean
check_transports (Reader *reader, const yaml_node_t *node, GError **error)
{
  Mount *mount = reader->mount;

  if (mount->protocols == 0)
    mount->protocols = GST_RTSP_LOWER_TRANS_UDP | GST_RTSP_LOWER_TRANS_TCP |
        (mount->multicast ? GST_RTSP_LOWER_TRANS_UDP_MCAST : 0);
  if ((mount->protocols & GST_RTSP_LOWER_TRANS_UDP_MCAST) && !mount->multicast)
    return det_yaml_fail (&reader->file, node, error,
        "%s: the transport multicast needs an address; add 'multicast: "
        "239.255.42.1'",
        mount->path);
  return TRUE;
}

static gboolean
read_mount (Reader *reader, const yaml_node_t *key, const yaml_node_t *value,
    GError **error)
{
  const char *path = det_yaml_text (key);

  if (path[0] != '/' || path[1] == '\0')
    return det_yaml_fail (&reader->file, key, error,
        "expected a path such as /live");
  reader->mount = serving_add_mount (reader->serving, path);
  if (!read_keys (reader, value, mount_keys, G_N_ELEMENTS (mount_keys),
          read_option, error))
    return FALSE;
  if (!reader->mount->input)
    return det_yaml_fail (&reader->file, key, error,
        "%s has no input; add 'input: rtsp://camera/stream'", path);
  return check_transports (reader, key, error);
}

/* ---- the server ---- */

static gboolean
read_mounts (Reader *reader, const yaml_node_t *node, GError **error)
{
  return read_keys (reader, node, NULL, 0, read_mount, error);
}

static gboolean
read_user (Reader *reader, const yaml_node_t *key, const yaml_node_t *value,
    GError **error)
{
  const char *password = read_text (reader, value, error);

  if (!password)
    return FALSE;
  g_hash_table_insert (reader->serving->users, g_strdup (det_yaml_text (key)),
      g_strdup (password));
  return TRUE;
}

static gboolean
read_users (Reader *reader, const yaml_node_t *node, GError **error)
{
  return read_keys (reader, node, NULL, 0, read_user, error);
}

static gboolean
read_address (Reader *reader, const yaml_node_t *node, GError **error)
{
  return take_text (reader, node, &reader->serving->address, error);
}

static gboolean
read_port (Reader *reader, const yaml_node_t *node, GError **error)
{
  const char *text = read_text (reader, node, error);
  g_autoptr (GError) cause = NULL;

  gboolean taken = text && serving_set_port (reader->serving, text, &cause);

  return text && say_where (reader, node, taken, cause, error);
}

static gboolean
read_auth (Reader *reader, const yaml_node_t *node, GError **error)
{
  const char *text = det_yaml_text (node);

  if (g_strcmp0 (text, "basic") == 0)
    reader->serving->auth = AUTH_BASIC;
  else if (g_strcmp0 (text, "digest") == 0)
    reader->serving->auth = AUTH_DIGEST;
  else
    return det_yaml_fail (&reader->file, node, error,
        "expected basic or digest");
  return TRUE;
}

static gboolean
read_certificate (Reader *reader, const yaml_node_t *node, GError **error)
{
  return take_path (reader, node, &reader->serving->certificate, error);
}

static gboolean
read_key (Reader *reader, const yaml_node_t *node, GError **error)
{
  return take_path (reader, node, &reader->serving->key, error);
}

static gboolean
read_interface (Reader *reader, const yaml_node_t *node, GError **error)
{
  return take_text (reader, node, &reader->serving->multicast_interface, error);
}

static const Key server_keys[] = {
  { "address", read_address },
  { "port", read_port },
  { "auth", read_auth },
  { "users", read_users },
  { "tls-certificate", read_certificate },
  { "tls-key", read_key },
  { "multicast-interface", read_interface },
  { "mounts", read_mounts },
};

static gboolean
fail_server_key (Reader *reader, const yaml_node_t *key,
    const yaml_node_t *value, GError **error)
{
  const char *words[G_N_ELEMENTS (server_keys) + 1] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (server_keys); i++)
    words[i] = server_keys[i].name;
  return det_yaml_fail_unknown (&reader->file, key, words, error);
}

/* ---- maps ---- */

static const Key *
find_key (const Key *keys, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++) {
    if (strcmp (keys[i].name, name) == 0)
      return &keys[i];
  }
  return NULL;
}

static gboolean
read_keys (Reader *reader, const yaml_node_t *map, const Key *keys, gsize n,
    gboolean (*read_other) (Reader *, const yaml_node_t *key,
        const yaml_node_t *value, GError **error),
    GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (map->type != YAML_MAPPING_NODE)
    return det_yaml_fail (&reader->file, map, error,
        "expected lines of KEY: VALUE");
  for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
       pair < map->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = det_yaml_node (&reader->file, pair->key);
    const yaml_node_t *value = det_yaml_node (&reader->file, pair->value);
    const char *name = det_yaml_text (key);

    if (!name)
      return det_yaml_fail (&reader->file, key, error, "expected KEY: VALUE");
    if (!g_hash_table_add (seen, (gpointer) name))
      return det_yaml_fail (&reader->file, key, error,
          "'%s' stands here a second time; keep one of them", name);
    const Key *known = find_key (keys, n, name);
    if (!(known ? known->read (reader, value, error)
                : read_other (reader, key, value, error)))
      return FALSE;
  }
  return TRUE;
}

gboolean
mounts_file_read (Serving *serving, const char *path, GError **error)
{
  Reader reader = { .serving = serving };
  const yaml_node_t *root;
  gboolean ok = TRUE;

  if (!det_yaml_file_open (&reader.file, path, "file of mounts",
          "check --mounts", error))
    return FALSE;
  root = yaml_document_get_root_node (&reader.file.document);
  if (root)
    ok = read_keys (&reader, root, server_keys, G_N_ELEMENTS (server_keys),
        fail_server_key, error);
  det_yaml_file_close (&reader.file);
  return ok;
}
