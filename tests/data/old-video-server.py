# The server for video of the older library's users, as its author describes it. It
# goes on where old-ctypes.py has lib, det and getCResult; what the author left out
# (detect_img) is filled in.
import pickle
from multiprocessing.connection import Listener

def detect_img(img_dict, lib, det, image_num):
    return {'frame_num': img_dict['frame_num'],
            'det_output': getCResult(lib, det, img_dict['image'], image_num)}

def connect_send(host, port, lib, det):
    server_sock = Listener((host, port))
    print("Connecting... ...", flush=True)
    sock = server_sock.accept()
    while 1:
        try:
            received_bytes = sock.recv()
        except Exception as e:
            received_bytes = None
            print(e)
        if received_bytes is None:
            server_sock.close()
            sock.close()
            print("Client's data is empty !!!")
            server_sock = Listener((host, port))
            print("Reset Sever", flush=True)
            sock = server_sock.accept()
            continue
        else:
            # bytes to list to cv
            img_dict = pickle.loads(received_bytes)
            img_dict['image'] = cv2.imdecode(img_dict['image'], cv2.IMREAD_COLOR)
            # detect one image
            det_dict = detect_img(img_dict, lib, det, 1)
            # send result to client
            content = pickle.dumps(det_dict)
            sock.send(content)

connect_send('localhost', int(sys.argv[1]), lib, det)
