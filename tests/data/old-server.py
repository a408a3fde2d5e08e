# The server of the older library's users, as its author describes it. It goes on
# where old-ctypes.py has lib, det and getCResult.
import datetime
import pickle
from multiprocessing.connection import Listener

host = 'localhost'
port = int(sys.argv[1])
server_sock = Listener((host, port))
print("Connecting... ...", flush=True)
sock = server_sock.accept()
while 1:
    try:
        received_bytes = sock.recv()
        print('server receive: ', datetime.datetime.now().strftime('%M%S.%f'))
    except Exception as e:
        received_bytes = None
        print(e)
    if not received_bytes:
        server_sock.close()
        sock.close()
        print("Client's data is empty !!!")
        server_sock = Listener((host, port))
        print("Reset Sever", flush=True)
        sock = server_sock.accept()
        continue
    else:
        # bytes to list
        img_dict_list = pickle.loads(received_bytes)
        # detect
        det_dict_list = []
        img_num = len(img_dict_list)

        img = img_dict_list[0]['image']
        # img send to server
        det_obj = {'frame_num': 1, 'det_output': getCResult(lib, det, img, img_num),
                   'time': datetime.datetime.now().strftime('%Y%m%d%H%M%S.%f')}
        det_dict_list.append(det_obj)
        # send result to client
        content = pickle.dumps(det_dict_list)
        print('server send: ', datetime.datetime.now().strftime('%M%S.%f'))
        sock.send(content)
