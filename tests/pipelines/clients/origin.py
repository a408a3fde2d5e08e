# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client that people have, in its three forms: origin.py PORT MODE PATH LOG.

Pickles, messages and names are those of the scripts this project began with.
"""
import datetime
import os
import pickle
import sys
import time
from multiprocessing.connection import Client

import cv2

frame_num = 1


def draw_box(det_result, img):
    for each in det_result['det_output']:
        x, y, w, h = each['bbox']
        cv2.rectangle(img, (int(x), int(y)), (int(x + w), int(y + h)), (0, 255, 0), 2)
        cv2.putText(img, '%s %.2f' % (each['label'], each['prob']), (int(x), int(y)),
                    cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 255, 0), 1)


def save_logs(time_cost, start_time, end_time, det_frame_num):
    with open(log_path, 'a') as log:
        log.write('%s %s %s %d %d\n' % (det_frame_num, start_time, end_time, time_cost,
                                        len(det_result['det_output'])))


def send_data(img_dict, img):
    global det_result
    start = int(round(time.time() * 1000))
    start_time = time.strftime("%Y-%m-%d_%H:%M:%S", time.localtime())
    data_bytes = pickle.dumps(img_dict)
    client.send(data_bytes)
    det_result = client.recv()
    det_result = pickle.loads(det_result)
    end = int(round(time.time() * 1000))
    end_time = time.strftime("%Y-%m-%d_%H:%M:%S", time.localtime())
    draw_box(det_result, img)
    save_logs(end - start, start_time, end_time, det_result['frame_num'])


def image_send(img):
    global frame_num
    img_param = [cv2.IMWRITE_JPEG_QUALITY, 95]
    _, encoded = cv2.imencode('.jpg', img, img_param)
    img_obj = {'frame_num': frame_num, 'image': encoded}
    frame_num += 1
    send_data(img_obj, img)


def read_images_send(folder):
    """The list form: all pictures of a folder in one message, not encoded."""
    global det_result
    img_dict_list = []
    for i, filename in enumerate(sorted(os.listdir(folder))):
        read_img = cv2.imread(folder + '/' + filename)
        img_dict_list.append({'frame_num': i + 1, 'image': read_img,
                              'time': time.strftime('%Y%m%d%H%M%S', time.localtime())})
    data_bytes = pickle.dumps(img_dict_list)
    client.send(data_bytes)
    for det_result, img_dict in zip(pickle.loads(client.recv()), img_dict_list):
        draw_box(det_result, img_dict['image'])
        now = datetime.datetime.now().strftime('%M%S.%f')
        save_logs(0, now, now, det_result['frame_num'])


def read_video_send(path):
    global frame_num
    frame_num = 1
    video = cv2.VideoCapture(path)
    while True:
        read, img = video.read()
        if not read:
            break
        start = time.time()
        image_send(img)
        fps = 1 / (time.time() - start)
        print("Estimated FPS: {0}".format(fps))


if __name__ == '__main__':
    port, mode, path, log_path = sys.argv[1:]
    client = Client(('localhost', int(port)))
    if mode == 'image':
        image_send(cv2.imread(path))
    elif mode == 'images':
        read_images_send(path)
    elif mode == 'video':
        read_video_send(path)
