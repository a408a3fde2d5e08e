# A script of the older library's users, put together from its author's description:
# names, structures, order of calls and comments as there. Lines that end in "# form"
# are those where the description contradicts itself; test_ctypes.py tries each form.
from ctypes import *
import ctypes
import json
import sys

import cv2  # form
import numpy as np

val = 32

class PythonImage(Structure):
    _fields_ = [('image_num', c_int),
                ('width', c_int * val),  # val=32
                ('height', c_int * val),
                ('frame', c_char_p * val)]

class cv_box(Structure):
    _fields_ = [('x', c_float),
                ('y', c_float),
                ('w', c_float),
                ('h', c_float)]

class cv_object(Structure):
    _fields_ = [('bbox', cv_box),
                ('classes', c_int),
                ('prob', POINTER(c_float)),
                ('attribute', c_int),
                ('a', c_int * 7)]

class cv_object_list(Structure):
    _fields_ = [('object', cv_object * 128),
                ('object_num', c_int),
                ('test', c_int * 7)]

class DetectOutput(cv_object_list):
    pass

ll = ctypes.cdll.LoadLibrary
lib = ll("../lib/libDetect.so")
lib.Detect_new.argtypes = []
lib.Detect_new.restype = ctypes.c_void_p
lib.Detect_Init.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]  # form
lib.Detect_Init.restype = ctypes.c_int
det = lib.Detect_new()

config = bytes("../../weights/DetectConfig.yaml", encoding='utf-8')
lib.Detect_Init(det, config)  # form

lib.Detect_Run.argtypes = [ctypes.c_void_p, PythonImage]
lib.Detect_Run.restype = DetectOutput

def getCResult(lib, det, frame, image_num):
    pi = PythonImage()

    PARAM = c_int * 32
    height = PARAM()
    height[0] = frame.shape[0]
    pi.height = height

    width = PARAM()
    width[0] = frame.shape[1]
    pi.width = width
    frame_data = np.asarray(frame, dtype=np.uint8)
    frame_data = frame_data.ctypes.data_as(c_char_p)
    pi.frame[0] = frame_data
    pi.image_num = image_num

    lib.getInfo.argtypes = [PythonImage]
    lib.getInfo(pi)
    out = lib.Detect_Run(det, pi)

    result = []
    object = out.object
    for i in range(out.object_num):
        prob = object[i].prob  # form
        box = object[i].bbox
        result.append([box.x, box.y, box.w, box.h, object[i].classes,
                       prob.contents.value])
    return result

img = cv2.imread(sys.argv[1])  # form
for img_num in (1, 2, 40):
    result = getCResult(lib, det, img, img_num)
sys.stdout.flush()
print(json.dumps({'numpy': np.__version__, 'result': result}))
