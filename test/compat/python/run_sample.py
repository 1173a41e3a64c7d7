"""Runs a sample of the presence page as it is written there, and says what it has left in `envelope`.

    run_sample.py USER_ID FILE

The samples are lines of a coroutine: they await, and expect a client called `pubnub`. So they are compiled with
`await` allowed at the top, and run in a namespace that holds just that client.
"""

import ast
import asyncio
import inspect
import sys

from pubnub.pubnub_asyncio import PubNubAsyncio

from support import configuration, error_values, here_now_values, observe


def result_values(result):
    """The documented fields of whichever result it is."""
    if hasattr(result, "total_channels"):
        return here_now_values(result)
    return dict(vars(result))


async def main(user_id, path):
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    pubnub = PubNubAsyncio(configuration(user_id))
    namespace = {"pubnub": pubnub}
    try:
        running = eval(code, namespace)
        if inspect.iscoroutine(running):
            await running
    finally:
        await pubnub.stop()
    envelope = namespace["envelope"]
    if envelope.is_error():
        observe("error", {"type": type(envelope).__name__, "status": envelope.status and error_values(envelope)})
    else:
        observe(type(envelope.result).__name__, result_values(envelope.result))


asyncio.run(main(*sys.argv[1:]))
