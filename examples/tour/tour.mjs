import PubNub from "pubnub"; // npm install pubnub@7.3.3

const pubnub = new PubNub({
  subscribeKey: "demo",
  publishKey: "demo",
  userId: "bob",
  origin: "127.0.0.1:7400",
  ssl: false,
});

pubnub.addListener({
  presence: async (event) => {
    console.log(`${event.action} ${event.uuid}, ${event.occupancy} here`);
    if (event.action !== "join" || event.uuid !== "bob") return;

    await pubnub.setState({ channels: ["lobby"], state: { typing: true } });
    const here = await pubnub.hereNow({ channels: ["lobby"], includeState: true });
    console.log(JSON.stringify(here.channels.lobby.occupants));
    pubnub.unsubscribeAll();
    pubnub.stop();
  },
});
pubnub.subscribe({ channels: ["lobby"], withPresence: true });
