/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include <detect/detections.h>
#include <detect/detector.h>
#include <detect/error.h>
#include <detect/frame.h>
#include <detect/geometry.h>
#include <detect/model.h>
#include <detect/option.h>
#include <detect/session.h>
#include <detect/version.h>

#endif
