# A user joins: a handshake, as every client sends it first.
curl -s 'http://127.0.0.1:7400/v2/subscribe/demo/lobby/0?uuid=ann'

# Who is here now?
curl -s 'http://127.0.0.1:7400/v2/presence/sub-key/demo/channel/lobby'

# Ann says what she is doing; the state goes with her seat.
curl -s -G 'http://127.0.0.1:7400/v2/presence/sub-key/demo/channel/lobby/uuid/ann/data' \
  --data-urlencode 'state={"mood":"curious"}'

# Who is here now, in what state?
curl -s 'http://127.0.0.1:7400/v2/presence/sub-key/demo/channel/lobby?state=1'

# Where is Ann?
curl -s 'http://127.0.0.1:7400/v2/presence/sub-key/demo/uuid/ann'

# A group of channels, and who is in any of them.
curl -s 'http://127.0.0.1:7400/v1/channel-registration/sub-key/demo/channel-group/rooms?add=lobby,kitchen'
curl -s 'http://127.0.0.1:7400/v2/presence/sub-key/demo/channel/,?channel-group=rooms'

# What has happened here? A watcher reads the presence channel from a cursor on; 1 is the beginning of what is kept.
curl -s 'http://127.0.0.1:7400/v2/subscribe/demo/lobby-pnpres/0?tt=1'

# Ann goes.
curl -s 'http://127.0.0.1:7400/v2/presence/sub-key/demo/channel/lobby/leave?uuid=ann'
