/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DET_OPENVINO_API_H
#define DET_OPENVINO_API_H

#include <glib.h>

/* What is used of OpenVINO's C API (openvino/c/ov_*.h), which is functions by name.
 * All of them came with release 2023.1, but Python's packages have the library since
 * 2024.0. */

#define DET_OV_FIRST_RELEASE "2024.0"
#define DET_OV_OK 0 /* ov_status_e */

typedef struct DetOvCore DetOvCore;
typedef struct DetOvModel DetOvModel;
typedef struct DetOvCompiled DetOvCompiled;
typedef struct DetOvRequest DetOvRequest;
typedef struct DetOvPort DetOvPort; /* ov_output_const_port_t */
typedef struct DetOvTensor DetOvTensor;

/* ov_version_t */
typedef struct
{
  const char *build;
  const char *description;
} DetOvVersion;

/* ov_shape_t */
typedef struct
{
  gint64 rank;
  gint64 *dims;
} DetOvShape;

/* ov_dimension_t, which is ov_rank_t too: known where both are the same. */
typedef struct
{
  gint64 min;
  gint64 max;
} DetOvDim;

/* ov_partial_shape_t */
typedef struct
{
  DetOvDim rank;
  DetOvDim *dims;
} DetOvPartialShape;

/* result, name without ov_, arguments. Element types are ints here, since their
 * numbers are not the same in every release. */
#define DET_OV_FUNCTIONS(X)                                                  \
  X (int, get_openvino_version, (DetOvVersion *) )                           \
  X (void, version_free, (DetOvVersion *) )                                  \
  X (const char *, get_error_info, (int) )                                   \
  X (char *, get_last_err_msg, (void) )                                      \
  X (void, free, (const char *) )                                            \
  X (int, core_create, (DetOvCore **) )                                      \
  X (int, core_set_property, (const DetOvCore *, const char *, ...))         \
  X (int, core_read_model,                                                   \
      (const DetOvCore *, const char *, const char *, DetOvModel **) )       \
  X (int, core_read_model_from_memory_buffer,                                \
      (const DetOvCore *, const char *, gsize, const DetOvTensor *,          \
          DetOvModel **) )                                                   \
  X (int, core_compile_model,                                                \
      (const DetOvCore *, const DetOvModel *, const char *, gsize,           \
          DetOvCompiled **, ...))                                            \
  X (void, model_free, (DetOvModel *) )                                      \
  X (int, model_inputs_size, (const DetOvModel *, gsize *) )                 \
  X (int, model_outputs_size, (const DetOvModel *, gsize *) )                \
  X (int, model_const_input_by_index,                                        \
      (const DetOvModel *, gsize, DetOvPort **) )                            \
  X (int, model_const_input_by_name,                                         \
      (const DetOvModel *, const char *, DetOvPort **) )                     \
  X (int, model_const_output_by_index,                                       \
      (const DetOvModel *, gsize, DetOvPort **) )                            \
  X (int, model_reshape_by_port_indexes,                                     \
      (const DetOvModel *, const gsize *, const DetOvPartialShape *, gsize)) \
  X (void, compiled_model_free, (DetOvCompiled *) )                          \
  X (int, compiled_model_inputs_size, (const DetOvCompiled *, gsize *) )     \
  X (int, compiled_model_outputs_size, (const DetOvCompiled *, gsize *) )    \
  X (int, compiled_model_input_by_index,                                     \
      (const DetOvCompiled *, gsize, DetOvPort **) )                         \
  X (int, compiled_model_output_by_index,                                    \
      (const DetOvCompiled *, gsize, DetOvPort **) )                         \
  X (int, compiled_model_input_by_name,                                      \
      (const DetOvCompiled *, const char *, DetOvPort **) )                  \
  X (int, compiled_model_output_by_name,                                     \
      (const DetOvCompiled *, const char *, DetOvPort **) )                  \
  X (int, compiled_model_create_infer_request,                               \
      (const DetOvCompiled *, DetOvRequest **) )                             \
  X (int, port_get_any_name, (const DetOvPort *, char **) )                  \
  X (int, port_get_element_type, (const DetOvPort *, int *) )                \
  X (int, port_get_partial_shape, (const DetOvPort *, DetOvPartialShape *) ) \
  X (void, partial_shape_free, (DetOvPartialShape *) )                       \
  X (void, output_const_port_free, (DetOvPort *) )                           \
  X (int, tensor_create_from_host_ptr,                                       \
      (int, DetOvShape, void *, DetOvTensor **) )                            \
  X (int, tensor_get_element_type, (const DetOvTensor *, int *) )            \
  X (int, tensor_get_shape, (const DetOvTensor *, DetOvShape *) )            \
  X (int, tensor_data, (const DetOvTensor *, void **) )                      \
  X (void, tensor_free, (DetOvTensor *) )                                    \
  X (int, shape_free, (DetOvShape *) )                                       \
  X (int, infer_request_set_tensor_by_const_port,                            \
      (DetOvRequest *, const DetOvPort *, const DetOvTensor *) )             \
  X (int, infer_request_get_tensor_by_const_port,                            \
      (const DetOvRequest *, const DetOvPort *, DetOvTensor **) )            \
  X (int, infer_request_infer, (DetOvRequest *) )                            \
  X (void, infer_request_free, (DetOvRequest *) )

/* Those that older releases lack; NULL there. */
#define DET_OV_LATER_FUNCTIONS(X) \
  X (void, util_set_log_callback, (void (*) (const char *)))

typedef struct
{
#define DET_OV_MEMBER(result, name, arguments) result (*name) arguments;
  DET_OV_FUNCTIONS (DET_OV_MEMBER)
  DET_OV_LATER_FUNCTIONS (DET_OV_MEMBER)
#undef DET_OV_MEMBER
} DetOv;

#endif
