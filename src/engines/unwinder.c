/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwinder.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define OWN_UNWINDER "libgcc_s.so.1" /* of C++ libraries, by their own links */

#if __ELF_NATIVE_CLASS == 64
#define SYMBOL_OF ELF64_R_SYM
#else
#define SYMBOL_OF ELF32_R_SYM
#endif

/* The tables of a library that say which names it takes from others. */
typedef struct
{
  const ElfW (Sym) * symbols;
  const char *names;
  const ElfW (Rela) * calls; /* through its procedure linkage table */
  gsize n_calls;
  const ElfW (Rela) * others;
  gsize n_others;
} Tables;

static void
read_tables (const struct link_map *map, Tables *tables)
{
  gboolean are_rela = FALSE;
  gsize calls_size = 0;
  gsize others_size = 0;

  memset (tables, 0, sizeof *tables);
  for (const ElfW (Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
    const void *at = (const void *) entry->d_un.d_ptr;

    if (entry->d_tag == DT_SYMTAB)
      tables->symbols = at;
    else if (entry->d_tag == DT_STRTAB)
      tables->names = at;
    else if (entry->d_tag == DT_JMPREL)
      tables->calls = at;
    else if (entry->d_tag == DT_RELA)
      tables->others = at;
    else if (entry->d_tag == DT_PLTREL)
      are_rela = entry->d_un.d_val == DT_RELA;
    else if (entry->d_tag == DT_PLTRELSZ)
      calls_size = entry->d_un.d_val;
    else if (entry->d_tag == DT_RELASZ)
      others_size = entry->d_un.d_val;
  }
  if (are_rela && tables->calls)
    tables->n_calls = calls_size / sizeof *tables->calls;
  if (tables->others)
    tables->n_others = others_size / sizeof *tables->others;
}

/* The address in the slot that a name was bound into, or NULL. */
static const void *
find_bound (const struct link_map *map, const Tables *tables,
    const ElfW (Rela) * rows, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++) {
    const ElfW (Sym) *symbol = &tables->symbols[SYMBOL_OF (rows[i].r_info)];

    if (symbol->st_name != 0 &&
        strcmp (tables->names + symbol->st_name, name) == 0)
      return *(const void *const *) (map->l_addr + rows[i].r_offset);
  }
  return NULL;
}

/* The file that an address lies in, without its folder; NULL: none. */
static const char *
find_file (const void *address)
{
  Dl_info info;

  if (!address || dladdr (address, &info) == 0 || !info.dli_fname)
    return NULL;
  const char *slash = strrchr (info.dli_fname, '/');
  return slash ? slash + 1 : info.dli_fname;
}

/* What a name means to a library that is opened now: the first in the scope of the
 * whole process, else its own libgcc_s. */
static const char *
find_next (const char *name)
{
  void *process = dlopen (NULL, RTLD_LAZY);
  const char *file = process ? find_file (dlsym (process, name)) : NULL;

  if (process)
    dlclose (process);
  return file ? file : OWN_UNWINDER;
}

static const char *
find_thrower (void *library)
{
  const struct link_map *map = NULL;
  Tables tables;

  if (dlinfo (library, RTLD_DI_LINKMAP, &map) != 0)
    return NULL;
  read_tables (map, &tables);
  if (!tables.symbols || !tables.names)
    return NULL;
  const void *bound = find_bound (map, &tables, tables.calls, tables.n_calls,
      "_Unwind_RaiseException");
  if (!bound)
    bound = find_bound (map, &tables, tables.others, tables.n_others,
        "_Unwind_RaiseException");
  const char *file = find_file (bound);
  /* Not bound yet: it will be when it is first called. */
  if (file && g_str_has_prefix (file, "libstdc++"))
    return find_next ("_Unwind_RaiseException");
  return file;
}

/* Whether it is known what a file does; sanitizers have go-betweens. */
static gboolean
is_unwinder (const char *file)
{
  return file &&
      (g_str_has_prefix (file, "libgcc_s.so") ||
          g_str_has_prefix (file, "libunwind.so"));
}

gboolean
det_unwinder_is_split (gboolean *can_be_mended)
{
  void *library = dlopen ("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
  const char *thrower = library ? find_thrower (library) : NULL;

  if (library)
    dlclose (library);
  const char *resumer = find_next ("_Unwind_Resume");
  *can_be_mended = g_strcmp0 (thrower, OWN_UNWINDER) == 0;
  return is_unwinder (thrower) && is_unwinder (resumer) &&
      strcmp (thrower, resumer) != 0;
}
