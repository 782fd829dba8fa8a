"""A program that speaks for a domain of its own (XEP-0114): it says every message back to its sender, and answers who asks what it is.

Its lines are those of client.py: events alone, for nobody tells it what to do. What is said on the wire is slixmpp's business alone.
"""

import asyncio
import json
import sys

from slixmpp import ComponentXMPP


def say(**words):
    print(json.dumps(words), flush=True)


class Echo(ComponentXMPP):
    def __init__(self, domain, secret, host, port):
        super().__init__(domain, secret, host, port)
        for plugin in ("xep_0030", "xep_0199"):
            self.register_plugin(plugin)
        self.use_ipv6 = False
        self.plugin["xep_0030"].add_identity(category="automation", itype="command-list", name="Echo")
        self.add_event_handler("session_start", lambda _: say(event="online", jid=self.boundjid.full))
        self.add_event_handler("stream_error", lambda error: say(event="stream_error", condition=error["condition"]))
        self.add_event_handler("disconnected", self.gone)
        self.add_event_handler("message", self.heard)
        self.has_ended = asyncio.get_running_loop().create_future()

    def gone(self, _):
        say(event="disconnected")
        if not self.has_ended.done():
            self.has_ended.set_result(None)

    def heard(self, message):
        if message["type"] == "error":
            return
        say(event="message", sender=str(message["from"]), to=str(message["to"]), body=message["body"])
        self.send_message(mfrom=message["to"], mto=message["from"], mbody=f"echo: {message['body']}", mtype=message["type"])


async def main(address, domain, secret):
    host, port = address.rsplit(":", 1)
    component = Echo(domain, secret, host, int(port))
    component.connect()
    await component.has_ended


asyncio.run(main(*sys.argv[1:]))
