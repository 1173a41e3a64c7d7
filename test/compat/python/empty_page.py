"""What the client makes of an answer to `limit=0`, a parameter it cannot send itself: the answer is fetched plainly."""

import json
import os
import urllib.request

from pubnub.models.consumer.presence import PNHereNowResult

from support import here_now_values, observe


def fetched(path):
    with urllib.request.urlopen("http://%s%s" % (os.environ["ORIGIN"], path), timeout=10) as answer:
        return json.load(answer)


BASE = "/v2/presence/sub-key/%s/channel/" % os.environ["SUBSCRIBE_KEY"]
single = fetched(BASE + "python-empty-page?limit=0&uuid=asker")
observe("single", here_now_values(PNHereNowResult.from_json(single, ["python-empty-page"])))
several = fetched(BASE + "python-empty-page,python-empty-page-too?limit=0&uuid=asker")
names = ["python-empty-page", "python-empty-page-too"]
observe("several", here_now_values(PNHereNowResult.from_json(several, names)))
