# Two nodes on one Redis, here on one machine; --port is what tells them apart.
npm start -- --port 7401 --engine redis://127.0.0.1:6379 &
npm start -- --port 7402 --engine redis://127.0.0.1:6379 &

# Both are ready when they answer.
for port in 7401 7402; do
  curl -sf -o /dev/null --retry 60 --retry-delay 1 --retry-all-errors "http://127.0.0.1:$port/health/ready"
done

# Ann joins on the one, and is here now on the other.
curl -s 'http://127.0.0.1:7401/v2/subscribe/demo/lobby/0?uuid=ann'
curl -s 'http://127.0.0.1:7402/v2/presence/sub-key/demo/channel/lobby'

# What was said on the other is read from the one: cursors hold everywhere.
curl -s 'http://127.0.0.1:7402/publish/demo/demo/0/lobby/0/%22hello%22?uuid=bob'
curl -s 'http://127.0.0.1:7401/v2/subscribe/demo/lobby/0?uuid=ann&tt=1'
