// A presence server on the centrifuge library, as the benchmark's peer: presence, join and leave enabled in every
// channel, the in-memory engine, WebSocket with JSON. Users say their name in place of a token. Names that begin with
// "observer-" are told of joins and leaves without being present.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/centrifugal/centrifuge"
)

func main() {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(_ context.Context, event centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials: &centrifuge.Credentials{UserID: event.Token},
			// What the library's own documentation recommends for many connections: no queue for replies, none before it is needed.
			ReplyWithoutQueue: true,
		}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		isObserver := strings.HasPrefix(client.UserID(), "observer-")
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
			reply(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{
				EmitPresence:  !isObserver,
				EmitJoinLeave: !isObserver,
				PushJoinLeave: true,
			}}, nil)
		})
		client.OnPresence(func(_ centrifuge.PresenceEvent, reply centrifuge.PresenceCallback) {
			reply(centrifuge.PresenceReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	websocket := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{UseWriteBufferPool: true})
	http.Handle("/connection/websocket", websocket)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR2)
	go answer(signals)
	log.Printf("Listening on http://%s", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

// answer ends the process when it is told to, and collects garbage before its memory is read.
func answer(signals <-chan os.Signal) {
	for received := range signals {
		if received == syscall.SIGTERM {
			os.Exit(0)
		}
		runtime.GC()
		debug.FreeOSMemory()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		report, _ := json.Marshal(map[string]any{"heapBytes": memory.HeapAlloc, "objects": map[string]int{}})
		path := os.Getenv("BENCH_SETTLE_FILE")
		if err := os.WriteFile(path+".part", report, 0o600); err == nil {
			_ = os.Rename(path+".part", path)
		}
	}
}
