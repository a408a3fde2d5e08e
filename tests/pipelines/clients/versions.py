# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client of any Python and numpy sends: versions.py PORT KEY PICTURE.jpg.

Prints the replies as JSON. Needs nothing but numpy.
"""
import json
import pickle
import sys
from multiprocessing.connection import Client

import numpy as np

port, key, path = sys.argv[1:]
encoded = np.frombuffer(open(path, 'rb').read(), np.uint8)
pixels = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
client = Client(('localhost', int(port)), authkey=key.encode() if key else None)
replies = []
for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
    for message in ([{'frame_num': 1, 'image': pixels, 'time': '20260101'}],
                    {'frame_num': np.int64(2), 'image': encoded},
                    {'frame_num': np.int32(3), 'image': encoded.reshape(-1, 1)},
                    {'frame_num': 4, 'image': pixels[:, ::-1]},
                    [{'frame_num': i, 'image': pixels[:, :, i]} for i in range(3)]):
        client.send(pickle.dumps(message, protocol))
        replies.append(pickle.loads(client.recv()))
client.close()
print(json.dumps([np.__version__, replies]))
