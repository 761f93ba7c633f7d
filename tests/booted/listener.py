# Answers each connection to the sockets passed by systemd: the socket's name, and the number of sockets.
import os, socket, sys, threading

count = int(os.environ.get("LISTEN_FDS", "0"))

def serve(listening):
    while True:
        connection, _ = listening.accept()
        connection.sendall(f"{os.environ.get('ANSWER', 'hello')} {count}\n".encode())
        connection.close()

if "--itself" in sys.argv:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 7070))
    listening.listen()
    sockets = [listening]
else:
    sockets = [socket.socket(fileno=3 + place) for place in range(count)]
for one in sockets[1:]:
    threading.Thread(target=serve, args=(one,), daemon=True).start()
serve(sockets[0])
