/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_MODEL_H
#define DETECT_MODEL_H

#include <detect/export.h>
#include <detect/option.h>
#include <glib.h>

DET_BEGIN_DECLS

/**
 * DetModelSpec:
 *
 * What is known of a model before an engine loads it: the options (caller's
 * and configuration file's), the file's header, the family and the labels.
 * Immutable; any thread may read it.
 */
typedef struct _DetModelSpec DetModelSpec;

/**
 * det_model_spec_new:
 * @options: the caller's options; copied
 * @error: return location for an error
 *
 * Reads the configuration file when one is named, checks that the model file is
 * there, whole and of a known family, and reads the labels. Takes milliseconds
 * and loads no weights. Without a model option the spec is that of the people
 * detector OpenCV carries inside itself.
 *
 * Returns: (transfer full): the spec, or %NULL with @error set
 */
DetModelSpec *det_model_spec_new (const DetOptions *options, GError **error);
void det_model_spec_free (DetModelSpec *spec);

/**
 * det_model_spec_resolve:
 * @spec: a checked model
 * @options: the caller's options as they are now
 *
 * Returns: (transfer full): @options over the configuration file's
 */
DetOptions *
det_model_spec_resolve (const DetModelSpec *spec, const DetOptions *options);

/**
 * DetModel:
 *
 * A loaded network with its description and labels. Immutable and reference
 * counted; any thread may use it, and every caller that names the same file
 * with the same options of model scope gets the same one.
 */
typedef struct _DetModel DetModel;

/**
 * det_model_load:
 * @spec: a checked model
 * @error: return location for an error
 *
 * Loads the network into an engine, or finds it loaded already; runs it only where
 * the shapes of its outputs are not known otherwise. May take seconds; call it
 * where waiting is allowed.
 *
 * Returns: (transfer full): the model, or %NULL with @error set
 */
DetModel *det_model_load (const DetModelSpec *spec, GError **error);

/**
 * det_model_prove:
 * @model: a model
 * @error: return location for an error
 *
 * Runs the network once, on a grey picture, unless a run has succeeded already: so
 * what is wrong with it shows now and not with the first frame, which then is not
 * the slow one either. Without it the first frame proves the model.
 *
 * Returns: %FALSE with @error set when it cannot run, or its outputs are not what
 *     they should be
 */
gboolean det_model_prove (DetModel *model, GError **error);

/** det_model_new: det_model_spec_new(), det_model_load() and det_model_prove(). */
DetModel *det_model_new (const DetOptions *options, GError **error);

/**
 * det_model_reserve:
 * @model: a model
 * @n_sessions: how many sessions are to run at once
 * @error: return location for an error
 *
 * Readies the model for sessions that run at the same time. Sessions of an engine
 * whose network takes one request at a time would wait for each other otherwise:
 * each reserved one costs another loaded network. May take seconds, as
 * det_model_load() does.
 *
 * Returns: %FALSE with @error set when a network could not be loaded; those that
 *     could are used
 */
gboolean det_model_reserve (DetModel *model, guint n_sessions, GError **error);

/**
 * det_model_forget_blocked:
 * @model: a model whose session got %DET_ERROR_TIMEOUT
 *
 * A call that hangs keeps the network that it runs on. Where networks take one
 * request at a time, that blocks the model: it is then no longer handed out, and
 * det_model_load() loads another.
 *
 * Returns: whether the model is blocked; else a new session of it may be used
 */
gboolean det_model_forget_blocked (DetModel *model);

DetModel *det_model_ref (DetModel *model);
void det_model_unref (DetModel *model);

/** Identifies the model in metadata: the file's name without its folder. */
const char *det_model_get_id (const DetModel *model);
/** Name of the engine that runs the model. */
const char *det_model_get_engine (const DetModel *model);
/** Threads the engine uses for one inference; 0: one per processor. */
int det_model_get_threads (const DetModel *model);
/** Whether more than one #DetWorkers has the model at present. */
gboolean det_model_is_shared (DetModel *model);
/** Name of the decoder that reads the model's outputs. */
const char *det_model_get_decoder (const DetModel *model);
/** How many classes the model tells apart. */
int det_model_get_n_classes (const DetModel *model);
/** (nullable): the name of a class. */
const char *det_model_get_label (const DetModel *model, int class_id);

/**
 * det_explain:
 * @options: the caller's options
 * @understood: (out): whether the model can be used
 *
 * Loads the model the options name and says how it was understood: the file's
 * inputs and outputs, the family and how it is fed, classes and where their names
 * come from, thresholds, the engine. Of a model that cannot be used it says what is
 * known, and why not.
 *
 * Returns: (transfer full): several lines of text
 */
char *det_explain (const DetOptions *options, gboolean *understood);

/**
 * DetParams:
 *
 * The options of session scope, resolved against one model: thresholds, the
 * classes to keep, sizes. Immutable and reference counted, so a new one can
 * replace the old between two frames.
 */
typedef struct _DetParams DetParams;

/**
 * det_params_new:
 * @model: the model they are for
 * @options: the caller's options, over the configuration file's
 * @error: return location for an error
 *
 * Returns: (transfer full): the parameters, or %NULL with %DET_ERROR_OPTION,
 *     for instance when `classes` names a class the model does not have
 */
DetParams *det_params_new (const DetModel *model, const DetOptions *options,
    GError **error);
DetParams *det_params_ref (DetParams *params);
void det_params_unref (DetParams *params);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetModelSpec, det_model_spec_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetModel, det_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DetParams, det_params_unref)

DET_END_DECLS

#endif
